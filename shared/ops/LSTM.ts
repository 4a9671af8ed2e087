/** @file LSTM. */
import { defineOp } from '../graph/operator.js';
import type { Value } from '../graph/value.js';
import { numberAttr } from './attributes.js';
import type { Activation } from './recurrent-activations.js';
import { columns, gatesOf, plus, recurrence, recurrentTypes, unrolled, type Cell } from './recurrent.js';

/**
 * Long short-term memory over the places of a sequence, forwards, backwards or both: C' = f(·) C + i(·) g(·), H' = o(·) h(C').
 * Inputs: x [T, N, I], w [D, 4H, I], r [D, 4H, H] (gates i o f c), biases, lengths, H and C before, peepholes.
 */
export default defineOp({
  op: 'LSTM',
  infer: (context) => recurrentTypes(context, 4),
  grad: null,
  parts: (g, node) => unrolled(g, node, numberAttr(node.attrs, 'input_forget', 0) === 1 ? coupled : cell(false)),
});

/** With `coupled`, what is not let in is what is kept: f = 1 - i. */
function cell(coupled: boolean): Cell {
  return {
    gates: 4,
    activations: ['Sigmoid', 'Tanh', 'Tanh'],
    // The gates. ONNX Runtime does not bound what the last function takes, which is the state of the cell.
    clipped: 2,
    states: 2,
    ownBias: false,
    turn: (g, x, [h, c], { hidden, recurrent, bias, peepholes, activations }) => {
      const [f, candidate, outer] = activations as [Activation, Activation, Activation];
      const [i, o, forget, fresh] = gatesOf(g, plus(g, x, recurrence(g, h ?? null, recurrent, bias)), 4) as [Value, Value, Value, Value];
      const peep = (place: number, state: Value | null): Value | null =>
        peepholes && state ? g.mul(columns(g, peepholes, place * hidden, (place + 1) * hidden), state) : null;
      const enter = f(plus(g, i, peep(0, c ?? null)));
      const keep = coupled ? g.sub(g.scalarLike(1, enter), enter) : f(plus(g, forget, peep(2, c ?? null)));
      const entered = g.mul(enter, candidate(fresh));
      const state = c ? g.add(g.mul(keep, c), entered) : entered;
      return [g.mul(f(plus(g, o, peep(1, state))), outer(state)), state];
    },
  };
}

const coupled = cell(true);
