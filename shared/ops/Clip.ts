/** @file Clip. */
import { defineOp } from '../graph/operator.js';
import type { Value } from '../graph/value.js';
import { masked } from './elementwise.js';

/** y = x kept in [min, max], either of which may be absent;  dx = dy where min ≤ x ≤ max, which is where y = x; dmin = Σ dy below, dmax = Σ dy above */
export default defineOp({
  op: 'Clip',
  infer: (context) => [context.type(0)],
  grad: (g, node, [dy], needs) => {
    const [x, min, max] = [node.inputs[0]!, node.inputs[1] ?? null, node.inputs[2] ?? null];
    const above = max && needs[2] ? g.node('Greater', [x, max]) : null;
    const below = min && needs[1] ? g.node('Less', [x, min]) : null;
    const total = (outside: Value | null, bound: Value | null): Value | null => outside && g.reshape(g.sum(masked(g, dy!, outside), null), bound!.type.shape);
    return [needs[0] ? masked(g, dy!, g.node('Equal', [x, node.outputs[0]!])) : null, total(below, min), total(above, max)];
  },
});
