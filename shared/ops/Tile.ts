/** @file Tile. */
import { multiply } from '../graph/dim.js';
import { defineOp } from '../graph/operator.js';
import type { Value } from '../graph/value.js';

/** y = x repeated along each axis;  dx = dy summed over the repeats */
export default defineOp({
  op: 'Tile',
  infer: (context) => {
    const { dtype, shape } = context.type(0);
    const repeats = context.known(1);
    if (repeats?.length !== shape.length) throw new Error(`repeats must be known before the run, one for each of ${shape.length} axes`);
    return [{ dtype, shape: shape.map((dim, i) => multiply(dim, repeats[i]!)) }];
  },
  grad: (g, node, [dy]) => {
    const x = node.inputs[0]!;
    const repeats = node.inputs[1]!.known!;
    const apart: Value[] = [];
    const axes: number[] = [];
    for (const [i, repeat] of repeats.entries()) {
      if (repeat !== 1) {
        axes.push(apart.length);
        apart.push(typeof repeat === 'number' ? g.ints([repeat]) : g.node('Slice', [node.inputs[1]!, g.ints([i]), g.ints([i + 1]), g.ints([0])]));
      }
      apart.push(g.node('Shape', [x], { start: i, end: i + 1 }));
    }
    if (axes.length === 0) return [dy!, null];
    return [g.sum(g.node('Reshape', [dy!, g.node('Concat', apart, { axis: 0 })]), axes), null];
  },
});
