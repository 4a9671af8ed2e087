/** @file TopK. */
import { normalizeAxis } from '../graph/dim.js';
import { defineOp } from '../graph/operator.js';
import { numberAttr } from './attributes.js';
import { zerosLike } from './movement.js';

/** y = the k largest (or smallest) along an axis, and their places;  dx = zeros, with dy at these places */
export default defineOp({
  op: 'TopK',
  infer: (context) => {
    const { dtype, shape } = context.type(0);
    const k = context.known(1)?.[0];
    if (k === undefined) throw new Error('k must be known before the run');
    const axis = normalizeAxis(numberAttr(context.attrs, 'axis', -1), shape.length);
    const size = shape.map((dim, i) => (i === axis ? k : dim));
    return [
      { dtype, shape: size },
      { dtype: 'int64', shape: size },
    ];
  },
  grad: (g, node, [dy]) => {
    const x = node.inputs[0]!;
    return [dy ? g.node('ScatterElements', [zerosLike(g, x, dy), node.outputs[1]!, dy], { axis: numberAttr(node.attrs, 'axis', -1) }) : null, null];
  },
});
