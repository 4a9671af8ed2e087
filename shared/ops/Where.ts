/** @file Where. */
import { defineOp } from '../graph/operator.js';
import type { Dim, Value } from '../graph/value.js';
import { broadcastType, sameDType } from './elementwise.js';

/** y = a where the condition holds, b elsewhere;  da = dy there, db = dy elsewhere */
export default defineOp({
  op: 'Where',
  infer: (context) => {
    sameDType([context.type(1), context.type(2)]);
    return [broadcastType([context.type(0), context.type(1), context.type(2)], context.type(1).dtype)];
  },
  grad: (g, node, [dy], needs) => {
    const [condition, a, b] = node.inputs as [Value, Value, Value];
    const zero = g.scalarLike(0, dy!);
    return [
      null,
      needs[1] ? g.unbroadcast(g.node('Where', [condition, dy!, zero]), a.type.shape) : null,
      needs[2] ? g.unbroadcast(g.node('Where', [condition, zero, dy!]), b.type.shape) : null,
    ];
  },
  known: (context) => {
    const [condition, a, b] = [context.known(0), context.known(1), context.known(2)];
    if (!condition || !a || !b) return null;
    const length = Math.max(condition.length, a.length, b.length);
    if ([condition, a, b].some((list) => list.length !== length && list.length !== 1)) return null;
    const at = (list: readonly Dim[], i: number): Dim => list[list.length === 1 ? 0 : i]!;
    return Array.from({ length }, (_, i) => (at(condition, i) === 0 ? at(b, i) : at(a, i)));
  },
});
