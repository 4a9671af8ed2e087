/** @file Flatten. */
import { elements } from '../graph/dim.js';
import { defineOp } from '../graph/operator.js';
import { numberAttr } from './attributes.js';
import { reshapeLike } from './movement.js';

/** y = x as a matrix, the axes before `axis` as its rows;  dx = dy in x's shape */
export default defineOp({
  op: 'Flatten',
  infer: (context) => {
    const { dtype, shape } = context.type(0);
    const axis = numberAttr(context.attrs, 'axis', 1);
    if (axis < -shape.length || axis > shape.length) throw new Error(`axis ${axis} is outside a tensor of rank ${shape.length}`);
    const at = axis < 0 ? axis + shape.length : axis;
    return [{ dtype, shape: [elements(shape.slice(0, at)), elements(shape.slice(at))] }];
  },
  grad: (g, node, [dy]) => [reshapeLike(g, dy!, node.inputs[0]!)],
});
