/** @file ThresholdedRelu. */
import { numberAttr } from './attributes.js';
import { unary } from './elementwise.js';
import { masked } from './masks.js';

/** y = x above alpha, 0 elsewhere;  dx = dy above alpha */
export default unary('ThresholdedRelu', (g, dy, x, _, node) => masked(g, dy, g.node('Greater', [x, g.scalarLike(numberAttr(node.attrs, 'alpha', 1), x)])));
