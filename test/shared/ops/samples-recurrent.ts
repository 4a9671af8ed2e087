/** @file Samples of recurrent operators: directions, lengths, states, peepholes, activations and clips. ONNX Runtime computes them in float32 alone. */
import type { Attrs } from '@robenc/shared/graph/value.js';
import { normal, sample, unit, type Sample, type SampleInput } from './sample.js';

const H = 3;
const I = 4;
const lengths = (...list: number[]): SampleInput => ({ dtype: 'int32', shape: [list.length], data: Int32Array.from(list) });

interface Extra {
  readonly directions?: 1 | 2;
  readonly places?: number;
  readonly bias?: boolean;
  readonly lengths?: SampleInput;
  /** How many states the cell begins with. */
  readonly states?: number;
  readonly peepholes?: boolean;
  readonly outputs?: number;
  readonly wrt?: readonly number[];
  readonly step?: number;
  readonly tolerance?: number;
}

/** Keeps away from the kinks of a clip, at the price of rounding. */
const fine = { step: 2e-3, tolerance: 5e-4 } as const;

function recurrent(op: string, gates: number, attrs: Attrs, extra: Extra = {}): Sample {
  const { directions = 1, places = 4, bias = true, states = 0, peepholes = false, lengths: given = null, ...options } = extra;
  const inputs: SampleInput[] = [
    normal(places, 'batch', I),
    unit(directions, gates * H, I),
    unit(directions, gates * H, H),
    bias ? unit(directions, 2 * gates * H) : null,
    given,
    ...[0, 1].map((i) => (i < states ? normal(directions, 'batch', H) : null)),
    peepholes ? unit(directions, 3 * H) : null,
  ];
  const used = inputs.slice(0, inputs.findLastIndex((input) => input !== null) + 1);
  return sample(op, used, { hidden_size: H, ...attrs }, { dtype: 'float32', outputs: op === 'LSTM' ? 3 : 2, ...options });
}

const both: Attrs = { direction: 'bidirectional' };

export const recurrentSamples: readonly Sample[] = [
  recurrent('LSTM', 4, {}),
  recurrent('LSTM', 4, {}, { states: 2, outputs: 1 }),
  recurrent('LSTM', 4, {}, { places: 1, bias: false, wrt: [0, 1] }),
  recurrent('LSTM', 4, { direction: 'reverse' }, { states: 1 }),
  recurrent('LSTM', 4, both, { directions: 2, states: 2, lengths: lengths(2, 4) }),
  recurrent('LSTM', 4, { direction: 'reverse' }, { lengths: lengths(4, 1) }),
  recurrent('LSTM', 4, both, { directions: 2, states: 2, peepholes: true }),
  recurrent('LSTM', 4, { clip: 1.5 }, { states: 2, ...fine }),
  recurrent('LSTM', 4, { input_forget: 1 }, { states: 2, peepholes: true }),
  recurrent('LSTM', 4, { activations: ['HardSigmoid', 'Softsign', 'Affine'], activation_alpha: [0.12, 0.7], activation_beta: [0.4, 0.1] }, { states: 2 }),
  recurrent('GRU', 3, {}),
  recurrent('GRU', 3, {}, { states: 1, bias: false, outputs: 1 }),
  recurrent('GRU', 3, { linear_before_reset: 1 }, { states: 1 }),
  recurrent('GRU', 3, { linear_before_reset: 1 }),
  recurrent('GRU', 3, { ...both, linear_before_reset: 1 }, { directions: 2, states: 1, lengths: lengths(3, 2) }),
  recurrent('GRU', 3, { direction: 'reverse' }, { lengths: lengths(4, 2), states: 1 }),
  recurrent('GRU', 3, { clip: 1.4 }, { states: 1, ...fine }),
  recurrent(
    'GRU',
    3,
    { ...both, activations: ['Sigmoid', 'ScaledTanh', 'HardSigmoid', 'Elu'], activation_alpha: [0.9, 0.12, 1], activation_beta: [0.7, 0.5] },
    { directions: 2, states: 1 },
  ),
  recurrent('RNN', 1, {}),
  recurrent('RNN', 1, both, { directions: 2, states: 1, lengths: lengths(1, 4) }),
  recurrent('RNN', 1, { direction: 'reverse', activations: ['Softplus'] }, { states: 1, bias: false }),
  recurrent('RNN', 1, { activations: ['LeakyRelu'], activation_alpha: [0.2] }, { states: 1 }),
  recurrent('RNN', 1, { activations: ['Sigmoid'], clip: 1.2 }, { places: 3, ...fine }),
];
