/** @file ReduceMean. */
import { divide, elements } from '../graph/dim.js';
import { keptShape, reduction } from './reduce.js';

/** y = mean of x over n elements;  dx = dy / n, repeated */
export default reduction('ReduceMean', (g, dy, node) => {
  const x = node.inputs[0]!;
  const count = divide(elements(x.type.shape), elements(keptShape(node)));
  if (typeof count === 'number') return g.div(dy, g.scalarLike(count, dy));
  // The count is known only at run time: elements of x over elements of dy.
  const size = (v: typeof x) => g.cast(g.node('Size', [v]), dy.type.dtype);
  return g.div(dy, g.div(size(x), size(dy)));
});
