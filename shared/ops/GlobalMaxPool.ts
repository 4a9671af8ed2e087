/** @file GlobalMaxPool. */
import { globalPooling, imageAxes } from './global-pooling.js';

/** y = the largest of each channel;  dx = dy there, shared where several tie */
export default globalPooling('GlobalMaxPool', (g, node, [dy]) => {
  const x = node.inputs[0]!;
  const chosen = g.cast(g.node('Equal', [x, node.outputs[0]!]), x.type.dtype);
  return [g.mul(chosen, g.div(dy!, g.sum(chosen, imageAxes(x), true)))];
});
