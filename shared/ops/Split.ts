/** @file Split. */
import { normalizeAxis } from '../graph/dim.js';
import { defineOp, type InferContext } from '../graph/operator.js';
import type { Dim } from '../graph/value.js';
import { numberAttr } from './attributes.js';
import { zerosLike } from './movement.js';

/** The outputs are parts of x along an axis, of the given sizes or equal ones;  dx = their cotangents one after the other */
export default defineOp({
  op: 'Split',
  infer: (context) => {
    const { dtype, shape } = context.type(0);
    const axis = normalizeAxis(numberAttr(context.attrs, 'axis', 0), shape.length);
    const whole = shape[axis]!;
    const sizes = sizesOf(context, whole);
    const sum = sizes.every((size) => typeof size === 'number') ? sizes.reduce((a, b) => a + b, 0) : null;
    if (sizes.length !== context.outputs || (sum !== null && typeof whole === 'number' && sum !== whole))
      throw new Error(`size ${whole} of axis ${axis} does not split into ${context.outputs} parts of sizes [${sizes.join(',')}]`);
    return sizes.map((size) => ({ dtype, shape: shape.map((dim, i) => (i === axis ? size : dim)) }));
  },
  grad: (g, node, dy) => {
    const parts = node.outputs.map(
      (output, i) =>
        dy[i] ??
        zerosLike(
          g,
          output,
          dy.find((part) => part !== null),
        ),
    );
    return [g.node('Concat', parts, { axis: numberAttr(node.attrs, 'axis', 0) }), null];
  },
});

/** Without sizes all parts are equal, but for a smaller last one. */
function sizesOf(context: InferContext, whole: Dim): readonly Dim[] {
  if (context.inputs[1]) {
    const given = context.known(1);
    if (!given) throw new Error('the sizes of the parts must be known before the run');
    return given;
  }
  if (typeof whole !== 'number') throw new Error(`size ${whole} is known only at run time: give the sizes of the parts`);
  const part = Math.ceil(whole / context.outputs);
  return Array.from({ length: context.outputs }, (_, i) => (i < context.outputs - 1 ? part : whole - part * (context.outputs - 1)));
}
