/** @file GRU. */
import { defineOp } from '../graph/operator.js';
import type { Value } from '../graph/value.js';
import { numberAttr } from './attributes.js';
import type { Activation } from './recurrent-activations.js';
import { columns, gatesOf, plus, recurrence, recurrentTypes, unrolled, type Cell } from './recurrent.js';

/**
 * Gated recurrent units over the places of a sequence, forwards, backwards or both: H' = (1 - z) n + z H, with n from x and the part r of H.
 * Inputs: x [T, N, I], w [D, 3H, I], r [D, 3H, H] (gates z r n), biases, lengths, H before.
 */
export default defineOp({
  op: 'GRU',
  infer: (context) => recurrentTypes(context, 3),
  grad: null,
  parts: (g, node) => unrolled(g, node, cell(numberAttr(node.attrs, 'linear_before_reset', 0) !== 0)),
});

/** Some gates' share of what a turn computes with. */
interface Part {
  readonly x: Value;
  readonly weights: Value;
  readonly bias: Value | null;
}

/** r weighs H before it is multiplied by the weights, or (`after`) what comes out, its bias included. */
function cell(after: boolean): Cell {
  return {
    gates: 3,
    activations: ['Sigmoid', 'Tanh'],
    clipped: 2,
    states: 1,
    ownBias: after,
    turn: (g, x, [h], { hidden, recurrent, bias, activations }) => {
      const [f, candidate] = activations as [Activation, Activation];
      const part = (from: number, to: number): Part => ({
        x: columns(g, x, from * hidden, to * hidden),
        weights: columns(g, recurrent, from * hidden, to * hidden),
        bias: bias && columns(g, bias, from * hidden, to * hidden),
      });
      const [outer, inner] = [part(0, 2), part(2, 3)];
      const [z, r] = gatesOf(g, f(plus(g, outer.x, recurrence(g, h ?? null, outer.weights, outer.bias))), 2) as [Value, Value];
      const remembered = after ? recurrence(g, h ?? null, inner.weights, inner.bias) : recurrence(g, h ? g.mul(r, h) : null, inner.weights, inner.bias);
      const fresh = candidate(plus(g, inner.x, after && remembered ? g.mul(r, remembered) : remembered));
      const entered = g.mul(g.sub(g.scalarLike(1, z), z), fresh);
      return [h ? g.add(entered, g.mul(z, h)) : entered];
    },
  };
}
