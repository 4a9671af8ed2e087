/** @file Gemm. */
import { defineOp } from '../graph/operator.js';
import type { GraphBuilder } from '../graph/builder.js';
import type { Value } from '../graph/value.js';
import { numberAttr } from './attributes.js';
import { sameDType } from './elementwise.js';

/** y = alpha a' b' + beta c, where a' is a or aᵀ and b' is b or bᵀ;  da' = alpha dy b'ᵀ, db' = alpha a'ᵀ dy, dc = beta dy */
export default defineOp({
  op: 'Gemm',
  infer: (context) => {
    const [a, b] = [context.type(0), context.type(1)];
    sameDType([a, b]);
    if (a.shape.length !== 2 || b.shape.length !== 2) throw new Error('both factors must be matrices');
    const flip = (name: string): boolean => numberAttr(context.attrs, name, 0) === 1;
    const [rows, inner] = flip('transA') ? [a.shape[1]!, a.shape[0]!] : [a.shape[0]!, a.shape[1]!];
    const [other, columns] = flip('transB') ? [b.shape[1]!, b.shape[0]!] : [b.shape[0]!, b.shape[1]!];
    if (typeof inner === 'number' && typeof other === 'number' && inner !== other) throw new Error(`inner sizes differ: ${inner} and ${other}`);
    return [{ dtype: a.dtype, shape: [rows, columns] }];
  },
  grad: (g, node, [dy], needs) => {
    const [a, b, c] = node.inputs as [Value, Value, Value | null | undefined];
    const [transA, transB] = [numberAttr(node.attrs, 'transA', 0), numberAttr(node.attrs, 'transB', 0)];
    const alpha = numberAttr(node.attrs, 'alpha', 1);
    const product = (left: Value, right: Value, flipLeft: number, flipRight: number): Value =>
      g.node('Gemm', [left, right], { alpha, transA: flipLeft, transB: flipRight });
    return [
      needs[0] ? (transA === 1 ? product(b, dy!, transB, 1) : product(dy!, b, 0, 1 - transB)) : null,
      needs[1] ? (transB === 1 ? product(dy!, a, 1, transA) : product(a, dy!, 1 - transA, 0)) : null,
      c && needs[2] ? g.unbroadcast(scaled(g, dy!, numberAttr(node.attrs, 'beta', 1)), c.type.shape) : null,
    ];
  },
});

function scaled(g: GraphBuilder, x: Value, factor: number): Value {
  return factor === 1 ? x : g.mul(x, g.scalarLike(factor, x));
}
