/** @file DequantizeLinear. */
import { defineOp } from '../graph/operator.js';
import type { Value } from '../graph/value.js';
import { along, checkScale } from './quantization.js';

/** y = (x - z) s;  dx = dy s, ds = Σ dy (x - z) */
export default defineOp({
  op: 'DequantizeLinear',
  infer: (context) => {
    checkScale(context);
    return [{ dtype: context.type(1).dtype, shape: context.type(0).shape }];
  },
  grad: (g, node, [dy], needs) => {
    const [x, list, zero] = node.inputs as [Value, Value, Value | undefined];
    const scale = along(g, node, list);
    const distance = (): Value => {
      const whole = g.cast(x, dy!.type.dtype);
      return zero ? g.sub(whole, g.cast(along(g, node, zero), dy!.type.dtype)) : whole;
    };
    return [needs[0] ? g.mul(dy!, scale) : null, needs[1] ? g.reshape(g.unbroadcast(g.mul(dy!, distance()), scale.type.shape), list.type.shape) : null, null];
  },
});
