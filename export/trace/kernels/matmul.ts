/** @file Matrix products. */
import type { Kernel, KernelCall } from '../kernel.js';
import { traced, type Traced } from '../traced.js';
import { finished } from './activation.js';

/** a b over the last two axes, each transposed first where asked; leading axes broadcast. */
function product(call: KernelCall): Traced {
  const side = (name: 'a' | 'b', transpose: boolean) => {
    const t = call.context.full(call.input(name));
    if (!transpose) return call.context.plain(t);
    const order = [...t.perm.keys()];
    order.push(...order.splice(-2).reverse());
    return call.context.plain({ value: t.value, perm: order.map((i) => t.perm[i]!), shape: order.map((i) => t.shape[i]!) });
  };
  return traced(call.g.node('MatMul', [side('a', call.flag('transposeA')), side('b', call.flag('transposeB'))]));
}

export const matmul: readonly Kernel[] = [
  { name: 'BatchMatMul', emit: product },
  { name: '_FusedMatMul', emit: (call) => finished(call, product(call)) },
];
