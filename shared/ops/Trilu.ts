/** @file Trilu. */
import { defineOp } from '../graph/operator.js';
import { numberAttr } from './attributes.js';

/** y = x with 0 below (or above) the k-th diagonal of its last two axes;  dx = dy with the same zeros */
export default defineOp({
  op: 'Trilu',
  infer: (context) => [context.type(0)],
  grad: (g, node, [dy]) => [g.node('Trilu', [dy!, node.inputs[1] ?? null], { upper: numberAttr(node.attrs, 'upper', 1) }), null],
});
