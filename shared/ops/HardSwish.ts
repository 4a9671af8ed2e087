/** @file HardSwish. */
import { unary } from './elementwise.js';

/** y = x h with h = x/6 + 1/2 kept in [0, 1];  dx = dy (h + x/6 where 0 < h < 1) */
export default unary('HardSwish', (g, dy, x) => {
  const h = g.node('HardSigmoid', [x], { alpha: 1 / 6, beta: 0.5 });
  const inside = g.node('And', [g.node('Greater', [h, g.scalarLike(0, h)]), g.node('Less', [h, g.scalarLike(1, h)])]);
  return g.mul(dy, g.add(h, g.node('Where', [inside, g.mul(x, g.scalarLike(1 / 6, x)), g.scalarLike(0, x)])));
});
