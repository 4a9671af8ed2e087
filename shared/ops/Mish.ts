/** @file Mish. */
import { unary } from './elementwise.js';

/** y = x t with t = tanh softplus x;  dx = dy (t + x (1 - t²) sigmoid x) */
export default unary('Mish', (g, dy, x) => {
  const t = g.node('Tanh', [g.node('Softplus', [x])]);
  const slope = g.mul(g.sub(g.scalarLike(1, t), g.mul(t, t)), g.node('Sigmoid', [x]));
  return g.mul(dy, g.add(t, g.mul(x, slope)));
});
