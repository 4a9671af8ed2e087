/** @file Compress. */
import { normalizeAxis } from '../graph/dim.js';
import { defineOp } from '../graph/operator.js';
import type { Value } from '../graph/value.js';
import { flat, reshapeLike, scatterAdd, sizeAt } from './movement.js';

/** y = the slices of x along an axis (or of all its elements in a row) where the condition holds;  dx = dy at their places */
export default defineOp({
  op: 'Compress',
  infer: (context) => {
    const { dtype, shape } = context.type(0);
    const condition = context.known(1);
    const count = condition?.every((dim) => typeof dim === 'number') ? condition.filter((dim) => dim !== 0).length : context.fresh('nonzero', [1]);
    const axis = context.attrs['axis'];
    if (typeof axis !== 'number') return [{ dtype, shape: [count] }];
    const at = normalizeAxis(axis, shape.length);
    return [{ dtype, shape: shape.map((dim, i) => (i === at ? count : dim)) }];
  },
  grad: (g, node, [dy]) => {
    const [x, condition] = node.inputs as [Value, Value];
    const places = g.node('Reshape', [g.node('NonZero', [condition]), g.ints([-1])]);
    const axis = node.attrs['axis'];
    if (typeof axis === 'number') {
      const at = normalizeAxis(axis, x.type.shape.length);
      return [scatterAdd(g, sizeAt(g, x, at), at, places, dy!), null];
    }
    const row = flat(g, x);
    return [reshapeLike(g, scatterAdd(g, sizeAt(g, row, 0), 0, places, dy!), x), null];
  },
});
