/** @file QuantizeLinear. */
import { defineOp } from '../graph/operator.js';
import type { Value } from '../graph/value.js';
import { masked } from './masks.js';
import { along, checkScale, RANGES } from './quantization.js';

/**
 * y = x / s rounded (halves to even) + z, kept in the range of z's type.
 * Straight through, as PyTorch's fake quantisation: dx = dy / s where y is inside the range before it is cut off, else 0; ds = -Σ dy x / s² there.
 */
export default defineOp({
  op: 'QuantizeLinear',
  infer: (context) => {
    checkScale(context);
    const dtype = context.inputs[2]?.dtype ?? 'uint8';
    if (!RANGES[dtype]) throw new Error(`quantisation to ${dtype}`);
    return [{ dtype, shape: context.type(0).shape }];
  },
  grad: (g, node, [dy], needs) => {
    const [x, list, zero] = node.inputs as [Value, Value, Value | undefined];
    const scale = g.cast(along(g, node, list), x.type.dtype);
    const [low, high] = RANGES[node.outputs[0]!.type.dtype]!;
    const turned = g.node('Round', [g.div(x, scale)]);
    const raw = zero ? g.add(turned, g.cast(along(g, node, zero), x.type.dtype)) : turned;
    const inside = g.node('And', [g.node('GreaterOrEqual', [raw, g.scalarLike(low, x)]), g.node('LessOrEqual', [raw, g.scalarLike(high, x)])]);
    const dx = g.div(masked(g, g.cast(dy!, x.type.dtype), inside), scale);
    const dscale = (): Value => g.cast(g.reshape(g.unbroadcast(g.neg(g.div(g.mul(dx, x), scale)), scale.type.shape), list.type.shape), list.type.dtype);
    return [needs[0] ? dx : null, needs[1] ? dscale() : null, null];
  },
  carriesIntegers: true,
  estimated: 'straight through its rounding',
});
