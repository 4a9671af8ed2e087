/** @file Unsqueeze. */
import { normalizeAxis } from '../graph/dim.js';
import { defineOp } from '../graph/operator.js';
import type { Dim } from '../graph/value.js';

/** y = x with axes of size 1 inserted, counted in y;  dx = dy without them */
export default defineOp({
  op: 'Unsqueeze',
  infer: (context) => {
    const { dtype, shape } = context.type(0);
    const given = context.numbers(1);
    const rank = shape.length + given.length;
    const axes = given.map((axis) => normalizeAxis(axis, rank));
    if (new Set(axes).size !== axes.length) throw new Error(`axes [${given.join(',')}] repeat`);
    const rest = [...shape];
    return [{ dtype, shape: Array.from({ length: rank }, (_, i): Dim => (axes.includes(i) ? 1 : rest.shift()!)) }];
  },
  grad: (g, node, [dy]) => [g.node('Squeeze', [dy!, node.inputs[1]!]), null],
  known: (context) => context.known(0),
});
