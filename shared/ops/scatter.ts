/** @file The way back through scattering with any reduction, which ScatterElements and ScatterND share. */
import type { GraphBuilder } from '../graph/builder.js';
import type { Value } from '../graph/value.js';
import { masked } from './masks.js';
import { zerosLike } from './movement.js';

/** How one operator puts updates at its indices, and reads what is there. */
export interface Scattering {
  /** `base` with updates put, or joined with the given reduction, at the indices. */
  put(base: Value, updates: Value, reduction: string): Value;
  /** The elements at the indices, in the shape of the updates. */
  at(x: Value): Value;
}

/**
 * y = x with updates u at the indices. none: dx = dy but 0 there, du = dy there. add: dx = dy.
 * max, min: dy goes where the result came from, in equal parts where several tie.
 * mul: dy times the product of the other factors, of which those that are 0 are counted apart.
 */
export function scatterGradient(g: GraphBuilder, [x, u]: readonly [Value, Value], y: Value, dy: Value, reduction: string, how: Scattering): [Value, Value] {
  if (reduction === 'none') return [how.put(dy, zerosLike(g, u, dy), 'none'), how.at(dy)];
  if (reduction === 'add') return [dy, how.at(dy)];
  return reduction === 'mul' ? productGradient(g, x, u, dy, how) : extremumGradient(g, x, u, y, dy, how);
}

function extremumGradient(g: GraphBuilder, x: Value, u: Value, y: Value, dy: Value, how: Scattering): [Value, Value] {
  const kept = g.cast(g.node('Equal', [x, y]), dy.type.dtype);
  const updated = g.cast(g.node('Equal', [u, how.at(y)]), dy.type.dtype);
  const share = g.div(dy, how.put(kept, updated, 'add'));
  // Where nothing equals the result (NaN), the share is infinite and must not become NaN times 0 elsewhere: masks select.
  const zero = g.scalarLike(0, dy);
  const select = (mask: Value, v: Value): Value => g.node('Where', [g.cast(mask, 'bool'), v, zero]);
  return [select(kept, share), select(updated, how.at(share))];
}

function productGradient(g: GraphBuilder, x: Value, u: Value, dy: Value, how: Scattering): [Value, Value] {
  const [zero, one] = [g.scalarLike(0, x), g.scalarLike(1, x)];
  const isZero = (v: Value): Value => g.node('Equal', [v, zero]);
  const safe = (v: Value): Value => g.node('Where', [isZero(v), one, v]);
  const product = how.put(safe(x), safe(u), 'mul');
  const zeros = how.put(g.cast(isZero(x), x.type.dtype), g.cast(isZero(u), x.type.dtype), 'add');
  const withoutZeros = masked(g, product, g.node('Equal', [zeros, zero]));
  const onlyZero = masked(g, product, g.node('Equal', [zeros, one]));
  const others = (v: Value, place: (w: Value) => Value): Value => g.node('Where', [isZero(v), place(onlyZero), g.div(place(withoutZeros), safe(v))]);
  return [
    g.mul(
      dy,
      others(x, (v) => v),
    ),
    g.mul(how.at(dy), others(u, how.at)),
  ];
}
