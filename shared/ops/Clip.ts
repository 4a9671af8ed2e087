/** @file Clip. */
import { defineOp } from '../graph/operator.js';
import type { Value } from '../graph/value.js';
import { masked } from './elementwise.js';

/** y = x kept in [min, max], either of which may be absent;  dx = dy where min ≤ x ≤ max */
export default defineOp({
  op: 'Clip',
  infer: (context) => [context.type(0)],
  grad: (g, node, [dy], needs) => {
    const [x, min, max] = [node.inputs[0]!, node.inputs[1] ?? null, node.inputs[2] ?? null];
    const below = min && g.node('Less', [x, min]);
    const above = max && g.node('Greater', [x, max]);
    const cut = below && above ? g.node('Or', [below, above]) : (below ?? above);
    const bound = (outside: Value | null): Value | null => outside && g.sum(masked(g, dy!, outside), null);
    return [
      needs[0] ? (cut ? masked(g, dy!, g.node('Not', [cut])) : dy!) : null,
      needs[1] ? bound(below && above ? g.node('And', [below, g.node('Not', [above])]) : below) : null,
      needs[2] ? bound(above) : null,
    ];
  },
});
