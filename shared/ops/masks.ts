/** @file Cotangents that pass where a condition holds, and are 0 elsewhere. */
import type { GraphBuilder } from '../graph/builder.js';
import type { Value } from '../graph/value.js';
import { mayBeInfinite } from './finite.js';

/** A power of two, so that products with it are exact. Above 1e-30 a number times this is at least 1, and 2e8 times it is still finite. */
const STEEP = 2 ** 100;

/** `dy` where the condition holds, 0 elsewhere. A product is faster than a choice, but 0 times infinity is not 0. */
export function masked(g: GraphBuilder, dy: Value, condition: Value): Value {
  return mayBeInfinite(dy) ? g.node('Where', [condition, dy, g.scalarLike(0, dy)]) : g.mul(dy, g.cast(condition, dy.type.dtype));
}

/**
 * `dy` where x > 0 (and x < below), 0 elsewhere: a steep HardSigmoid is 0 or 1 in one pass, and stays in ONNX Runtime's blocked layout of channels,
 * as comparisons do not.
 */
export function maskedByPositive(g: GraphBuilder, dy: Value, x: Value, below?: number): Value {
  // ONNX Runtime's CPU kernel is of float32 alone.
  if (x.type.dtype !== 'float32' || mayBeInfinite(dy)) {
    const positive = g.node('Greater', [x, g.scalarLike(0, x)]);
    return masked(g, dy, below === undefined ? positive : g.node('And', [positive, g.node('Less', [x, g.scalarLike(below, x)])]));
  }
  const kept = (alpha: number, beta: number): Value => g.cast(g.node('HardSigmoid', [x], { alpha, beta }), dy.type.dtype);
  const upper = g.mul(dy, kept(STEEP, 0));
  return below === undefined ? upper : g.mul(upper, kept(-STEEP, below * STEEP));
}

/** x with ones in place of zeros: a divisor where what is divided is 0 as well. */
export function withoutZeros(g: GraphBuilder, x: Value): Value {
  return g.node('Where', [g.node('Equal', [x, g.scalarLike(0, x)]), g.scalarLike(1, x), x]);
}
