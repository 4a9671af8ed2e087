/** @file RNN. */
import { defineOp } from '../graph/operator.js';
import { plus, recurrence, recurrentTypes, unrolled, type Cell } from './recurrent.js';

const cell: Cell = {
  gates: 1,
  activations: ['Tanh'],
  clipped: 1,
  states: 1,
  ownBias: false,
  turn: (g, x, [h], { recurrent, bias, activations }) => [activations[0]!(plus(g, x, recurrence(g, h ?? null, recurrent, bias)))],
};

/**
 * The simplest recurrent cell over the places of a sequence, forwards, backwards or both: H' = f(W x + R H + bias).
 * Inputs: x [T, N, I], w [D, H, I], r [D, H, H], biases, lengths, H before.
 */
export default defineOp({
  op: 'RNN',
  infer: (context) => recurrentTypes(context, 1),
  grad: null,
  parts: (g, node) => unrolled(g, node, cell),
});
