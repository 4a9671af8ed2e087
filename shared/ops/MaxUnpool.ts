/** @file MaxUnpool. */
import { defineOp } from '../graph/operator.js';
import type { Value } from '../graph/value.js';
import { listAttr } from './attributes.js';
import { windowOf } from './geometry.js';
import { flat } from './movement.js';

/** y = zeros with x at the places that a MaxPool gave, counted through all axes;  dx = dy at these places. Inputs: x, places, the shape of y. */
export default defineOp({
  op: 'MaxUnpool',
  infer: (context) => {
    const { dtype, shape } = context.type(0);
    if (context.inputs[2]) return [{ dtype, shape: context.numbers(2) }];
    const kernel = listAttr(context.attrs, 'kernel_shape') ?? [];
    const window = windowOf(context.attrs, kernel, shape.slice(2));
    const sizes = shape.slice(2).map((size, i) => {
      if (typeof size !== 'number') throw new Error('image sizes must be fixed');
      return (size - 1) * window.strides[i]! + kernel[i]! - window.begin[i]! - window.end[i]!;
    });
    return [{ dtype, shape: [...shape.slice(0, 2), ...sizes] }];
  },
  grad: (g, node, [dy]) => {
    const places = node.inputs[1] as Value;
    return [g.node('Gather', [flat(g, dy!), places], { axis: 0 }), null, null];
  },
});
