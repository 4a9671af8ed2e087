/** @file ReduceProd. */
import { multiply } from '../graph/dim.js';
import type { Dim } from '../graph/value.js';
import { masked } from './masks.js';
import { axesOf, reduction } from './reduce.js';

/**
 * y = the product of x;  dx = dy times the product of the others. With p the product of all that are not 0 and z the count of zeros among them:
 * p / x where z = 0, p at the only 0 where z = 1, else 0.
 */
export default {
  ...reduction('ReduceProd', (g, dy, node) => {
    const x = node.inputs[0]!;
    const [zero, one] = [g.scalarLike(0, x), g.scalarLike(1, x)];
    const axes = g.ints(axesOf(node));
    const isZero = g.node('Equal', [x, zero]);
    const safe = g.node('Where', [isZero, one, x]);
    const product = g.node('ReduceProd', [safe, axes], { keepdims: 1 });
    const zeros = g.node('ReduceSum', [g.cast(isZero, x.type.dtype), axes], { keepdims: 1 });
    const ordinary = g.div(masked(g, product, g.node('Equal', [zeros, zero])), safe);
    return g.mul(dy, g.node('Where', [isZero, masked(g, product, g.node('Equal', [zeros, one])), ordinary]));
  }),
  known: (context: { known(i: number): readonly Dim[] | null }): readonly Dim[] | null => {
    const sizes = context.known(0);
    return sizes && [sizes.reduce<Dim>(multiply, 1)];
  },
};
