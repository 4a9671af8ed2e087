/** @file Gather. */
import { normalizeAxis } from '../graph/dim.js';
import { defineOp } from '../graph/operator.js';
import type { Value } from '../graph/value.js';
import { numberAttr } from './attributes.js';
import { flat, scatterAdd, shapeWith, sizeAt } from './movement.js';

/** y = the slices of x that the indices name;  dx = zeros, to which the slices of dy are added */
export default defineOp({
  op: 'Gather',
  infer: (context) => {
    const [x, indices] = [context.type(0), context.type(1)];
    const axis = normalizeAxis(numberAttr(context.attrs, 'axis', 0), x.shape.length);
    const size = x.shape[axis];
    const beyond = typeof size === 'number' ? context.known(1)?.find((index) => typeof index === 'number' && (index < -size || index >= size)) : undefined;
    if (beyond !== undefined) throw new Error(`index ${beyond} is outside size ${size} of axis ${axis}`);
    return [{ dtype: x.dtype, shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)] }];
  },
  grad: (g, node, [dy]) => {
    const [x, indices] = node.inputs as [Value, Value];
    const axis = normalizeAxis(numberAttr(node.attrs, 'axis', 0), x.type.shape.length);
    const size = x.type.shape[axis]!;
    const index = indices.known?.length === 1 ? indices.known[0] : undefined;
    if (typeof size === 'number' && typeof index === 'number' && indices.type.shape.length === 0) {
      const at = index < 0 ? index + size : index;
      const rank = x.type.shape.length;
      const pads = Array.from({ length: 2 * rank }, (_, i) => (i === axis ? at : i === rank + axis ? size - 1 - at : 0));
      return [g.node('Pad', [g.node('Unsqueeze', [dy!, g.ints([axis])]), g.ints(pads), g.scalarLike(0, dy!)]), null];
    }
    const list = flat(g, indices);
    const slices = indices.type.shape.length === 1 ? dy! : g.node('Reshape', [dy!, shapeWith(g, x, axis, g.node('Shape', [list]))]);
    return [scatterAdd(g, sizeAt(g, x, axis), axis, list, slices), null];
  },
  known: (context) => {
    const [list, indices] = [context.known(0), context.known(1)];
    if (!list || !indices || context.type(0).shape.length !== 1 || indices.some((i) => typeof i !== 'number')) return null;
    const picked = (indices as readonly number[]).map((i) => list.at(i));
    return picked.every((dim) => dim !== undefined) ? picked : null;
  },
});
