/** @file Squeeze. */
import { normalizeAxis } from '../graph/dim.js';
import { defineOp } from '../graph/operator.js';
import type { Shape } from '../graph/value.js';

/** y = x without the axes of size 1 that are listed (all of them where none is);  dx = dy with them again */
export default defineOp({
  op: 'Squeeze',
  infer: (context) => {
    const { dtype, shape } = context.type(0);
    const axes = removed(shape, context.inputs[1] ? context.numbers(1) : null);
    return [{ dtype, shape: shape.filter((_, i) => !axes.includes(i)) }];
  },
  grad: (g, node, [dy]) => {
    const { shape } = node.inputs[0]!.type;
    const axes = removed(shape, node.inputs[1]?.known?.map(Number) ?? null);
    return [axes.length === 0 ? dy! : g.node('Unsqueeze', [dy!, g.ints(axes)]), null];
  },
  known: (context) => context.known(0),
});

function removed(shape: Shape, axes: readonly number[] | null): number[] {
  if (!axes) return shape.flatMap((dim, i) => (dim === 1 ? [i] : []));
  return axes.map((given) => {
    const axis = normalizeAxis(given, shape.length);
    const dim = shape[axis];
    if (typeof dim === 'number' && dim !== 1) throw new Error(`axis ${given} has size ${dim}, not 1`);
    return axis;
  });
}
