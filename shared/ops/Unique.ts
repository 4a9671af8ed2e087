/** @file Unique. */
import { normalizeAxis } from '../graph/dim.js';
import { defineOp } from '../graph/operator.js';
import type { Type, Value } from '../graph/value.js';
import { flat, reshapeLike, scatterAdd, sizeAt } from './movement.js';

/** y = the different elements of x (or its slices along an axis); outputs 1 to 3: where each is first, which one each of x is, how often each is;  dx = dy at the first places */
export default defineOp({
  op: 'Unique',
  infer: (context) => {
    const { dtype, shape } = context.type(0);
    const [count, axis] = [context.fresh('unique', [0], ['axis']), context.attrs['axis']];
    const whole = (size: number | string): Type => ({ dtype: 'int64', shape: [size] });
    const at = typeof axis === 'number' ? normalizeAxis(axis, shape.length) : null;
    const all = at === null ? context.fresh('elements', [0]) : shape[at]!;
    const y: Type = { dtype, shape: at === null ? [count] : shape.map((dim, i) => (i === at ? count : dim)) };
    return [y, whole(count), whole(all), whole(count)].slice(0, Math.max(1, context.outputs));
  },
  grad: (g, node, [dy]) => {
    if (!dy) return [null];
    const x = node.inputs[0]!;
    const places: Value = node.outputs[1] ?? g.nodeOutputs('Unique', node.inputs, node.attrs, { outputs: 2 })[1]!;
    const axis = node.attrs['axis'];
    if (typeof axis === 'number') {
      const at = normalizeAxis(axis, x.type.shape.length);
      return [scatterAdd(g, sizeAt(g, x, at), at, places, dy)];
    }
    const row = flat(g, x);
    return [reshapeLike(g, scatterAdd(g, sizeAt(g, row, 0), 0, places, dy), x)];
  },
});
