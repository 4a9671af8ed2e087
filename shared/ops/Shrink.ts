/** @file Shrink. */
import { numberAttr } from './attributes.js';
import { unary } from './elementwise.js';
import { masked } from './masks.js';

/** y = x + bias below -lambd, x - bias above lambd, 0 between;  dx = dy outside */
export default unary('Shrink', (g, dy, x, _, node) =>
  masked(g, dy, g.node('Greater', [g.node('Abs', [x]), g.scalarLike(numberAttr(node.attrs, 'lambd', 0.5), x)])),
);
