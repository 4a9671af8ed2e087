/** @file Reshape. */
import { divide, elements, multiply } from '../graph/dim.js';
import { defineOp } from '../graph/operator.js';
import type { Dim, Shape } from '../graph/value.js';
import { symbolFor } from './known.js';
import { reshapeLike } from './movement.js';

/** y = x's elements in another shape;  dx = dy in x's shape */
export default defineOp({
  op: 'Reshape',
  infer: (context) => {
    const { dtype, shape } = context.type(0);
    const target = context.known(1);
    if (!target) throw new Error('the target shape must be known before the run, up to one size that is inferred');
    return [{ dtype, shape: reshaped(shape, target, context.attrs['allowzero'] === 1) }];
  },
  grad: (g, node, [dy]) => [reshapeLike(g, dy!, node.inputs[0]!), null],
  known: (context) => context.known(0),
});

/** The shape that Reshape gives: 0 copies a size, -1 is what is left. Throws when the element counts differ. */
export function reshaped(shape: Shape, target: readonly Dim[], zeroIsZero: boolean): Dim[] {
  const result = target.map((dim, i) => (dim === 0 && !zeroIsZero ? (shape[i] ?? 0) : dim));
  const hole = result.indexOf(-1);
  const whole = elements(shape);
  if (hole < 0) {
    if (typeof whole === 'number' && typeof elements(result) === 'number' && elements(result) !== whole)
      throw new Error(`[${shape.join(',')}] has ${whole} elements and cannot become [${result.join(',')}]`);
    return result;
  }
  const rest = result.reduce<Dim>((product, dim, i) => (i === hole ? product : multiply(product, dim)), 1);
  const left = divide(whole, rest);
  if (left === null && typeof whole === 'number' && typeof rest === 'number')
    throw new Error(`[${shape.join(',')}] does not divide into [${target.join(',')}]`);
  result[hole] = left ?? symbolFor(`${whole}/${rest}`);
  return result;
}
