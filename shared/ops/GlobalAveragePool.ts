/** @file GlobalAveragePool. */
import { divide, elements } from '../graph/dim.js';
import { globalPooling } from './global-pooling.js';

/** y = the mean of each channel over its n places;  dx = dy / n everywhere */
export default globalPooling('GlobalAveragePool', (g, node, [dy]) => {
  const x = node.inputs[0]!;
  const count = divide(elements(x.type.shape), elements(dy!.type.shape));
  const size = (v: typeof x) => g.cast(g.node('Size', [v]), x.type.dtype);
  const share = g.div(dy!, typeof count === 'number' ? g.scalarLike(count, x) : g.div(size(x), size(dy!)));
  return [g.expand(share, x.type.shape, x)];
});
