/** @file Gelu. */
import type { GraphBuilder } from '../graph/builder.js';
import type { Value } from '../graph/value.js';
import { textAttr } from './attributes.js';
import { unary } from './elementwise.js';

/** y = x Φ(x);  dx = dy (Φ(x) + x φ(x)), or the derivative of the tanh form where `approximate` asks for it */
export default unary('Gelu', (g, dy, x, _, node) => g.mul(dy, textAttr(node.attrs, 'approximate', 'none') === 'tanh' ? tanhSlope(g, x) : exactSlope(g, x)));

function exactSlope(g: GraphBuilder, x: Value): Value {
  const c = (value: number): Value => g.scalarLike(value, x);
  const cumulative = g.mul(c(0.5), g.add(c(1), g.node('Erf', [g.mul(x, c(Math.SQRT1_2))])));
  const density = g.mul(c(1 / Math.sqrt(2 * Math.PI)), g.node('Exp', [g.mul(c(-0.5), g.mul(x, x))]));
  return g.add(cumulative, g.mul(x, density));
}

/** y = x (1 + t) / 2 with t = tanh u, u = √(2/π) (x + 0.044715 x³), so the slope is (1 + t) / 2 + x (1 - t²) u' / 2. */
function tanhSlope(g: GraphBuilder, x: Value): Value {
  const c = (value: number): Value => g.scalarLike(value, x);
  const scale = Math.sqrt(2 / Math.PI);
  const square = g.mul(x, x);
  const t = g.node('Tanh', [g.mul(x, g.add(c(scale), g.mul(c(scale * 0.044715), square)))]);
  const slope = g.add(c(scale), g.mul(c(3 * scale * 0.044715), square));
  return g.mul(c(0.5), g.add(g.add(c(1), t), g.mul(g.mul(x, g.sub(c(1), g.mul(t, t))), slope)));
}
