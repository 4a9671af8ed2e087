/** @file Softsign. */
import { unary } from './elementwise.js';

/** y = x / (1 + |x|);  dx = dy / (1 + |x|)² */
export default unary('Softsign', (g, dy, x) => {
  const below = g.add(g.scalarLike(1, x), g.node('Abs', [x]));
  return g.div(dy, g.mul(below, below));
});
