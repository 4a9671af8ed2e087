/** @file The activation functions that recurrent operators may name. */
import type { GraphBuilder } from '../graph/builder.js';
import type { Attrs, Value } from '../graph/value.js';
import { listAttr } from './attributes.js';

export type Activation = (x: Value) => Value;

/** One function: which of alpha and beta it takes, with what stands for them where the node gives none, and its nodes. */
interface Entry {
  readonly alpha?: number;
  readonly beta?: number;
  make(g: GraphBuilder, x: Value, alpha: number, beta: number): Value;
}

const plain = (op: string): Entry => ({ make: (g, x) => g.node(op, [x]) });
const c = (g: GraphBuilder, x: Value, value: number): Value => g.scalarLike(value, x);

const ENTRIES: Readonly<Record<string, Entry>> = {
  affine: { alpha: 1, beta: 0, make: (g, x, a, b) => g.add(g.mul(x, c(g, x, a)), c(g, x, b)) },
  elu: { alpha: 1, make: (g, x, alpha) => g.node('Elu', [x], { alpha }) },
  hardsigmoid: { alpha: 0.2, beta: 0.5, make: (g, x, alpha, beta) => g.node('HardSigmoid', [x], { alpha, beta }) },
  leakyrelu: { alpha: 0.01, make: (g, x, alpha) => g.node('LeakyRelu', [x], { alpha }) },
  relu: plain('Relu'),
  scaledtanh: { alpha: 1, beta: 1, make: (g, x, a, b) => g.mul(c(g, x, a), g.node('Tanh', [g.mul(x, c(g, x, b))])) },
  sigmoid: plain('Sigmoid'),
  softplus: plain('Softplus'),
  softsign: plain('Softsign'),
  tanh: plain('Tanh'),
  thresholdedrelu: { alpha: 1, make: (g, x, alpha) => g.node('ThresholdedRelu', [x], { alpha }) },
};

/**
 * The functions of a node in their order, those of the backward direction behind those of the forward one. The lists of alpha and beta are used up in the
 * same order, by the functions that take one.
 */
export function activationsOf(g: GraphBuilder, attrs: Attrs, usual: readonly string[], directions: number): Activation[] {
  const named = attrs['activations'] as readonly string[] | undefined;
  const names = named ?? Array.from({ length: directions }, () => usual).flat();
  if (names.length !== usual.length * directions) throw new Error(`${names.length} activations instead of ${usual.length * directions}`);
  const [alphas, betas] = ['activation_alpha', 'activation_beta'].map((name) => [...(listAttr(attrs, name) ?? [])]) as [number[], number[]];
  return names.map((name) => {
    const entry = ENTRIES[name.toLowerCase()];
    if (!entry) throw new Error(`there is no activation "${name}"; there are ${Object.keys(ENTRIES).join(', ')}`);
    const alpha = entry.alpha === undefined ? 0 : (alphas.shift() ?? entry.alpha);
    const beta = entry.beta === undefined ? 0 : (betas.shift() ?? entry.beta);
    return (x) => entry.make(g, x, alpha, beta);
  });
}
