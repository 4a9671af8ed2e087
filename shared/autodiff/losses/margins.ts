/** @file Losses of differences between logits: the margin, and the difference of logits ratio of AutoAttack with and without a target. */
import type { GraphBuilder } from '../../graph/builder.js';
import { floats, type Value } from '../../graph/value.js';
import { classesOf, onehot, picked, type AttackLoss, type BuiltLoss } from './loss.js';

/** Ranks that a denominator may use; models with fewer classes have fewer. */
export const MARGIN_RANKS = 4;

/** Larger than any logit: takes the label out of the race for the best other class. */
const FAR = 1e30;

/** Keeps the ratio finite where its denominator is 0 (Croce and Hein, arXiv 2003.01690). */
const LEAST_SCALE = 1e-12;

export interface RatioInputs {
  readonly label: Value;
  /** The class to compare the label with; its default is the best class besides the label. */
  readonly target?: Value;
  /** [min(4, classes)] */
  readonly weights: Value;
  /** [1] */
  readonly floor: Value;
}

/** The best class besides the label, int64 [batch]. */
export function bestOther(g: GraphBuilder, logits: Value, label: Value, classes: number): Value {
  const own = onehot(g, label, classes, logits.type.dtype);
  return g.node('ArgMax', [g.sub(logits, g.mul(own, g.scalarLike(FAR, logits)))], { axis: 1, keepdims: 0 });
}

/**
 * With the logits sorted z(1) ≥ z(2) ≥ …: loss = (z[target] - z[label]) / (Σ weights_k z(k) + floor).
 * d loss / d z = (onehot(target) - onehot(label) - loss Σ weights_k onehot(rank k)) / denominator
 */
export function marginRatio(g: GraphBuilder, logits: Value, { label, target, weights, floor }: RatioInputs): BuiltLoss {
  const classes = classesOf(logits, 'margin');
  const { dtype } = logits.type;
  const other = target ?? bestOther(g, logits, label, classes);
  const difference = g.sub(onehot(g, other, classes, dtype), onehot(g, label, classes, dtype));
  // Gathered, not multiplied out: a class that there is not is refused at run time, and infinite logits do not become NaN.
  const margin = g.sub(picked(g, logits, other, classes), picked(g, logits, label, classes));
  const order = g.nodeOutputs('TopK', [logits, g.ints([Math.min(MARGIN_RANKS, classes)])], { axis: 1 }, { outputs: 2 });
  const scale = g.add(g.sum(g.mul(order[0]!, weights), [1], true), floor);
  const ranked = g.mul(onehot(g, order[1]!, classes, dtype), g.node('Unsqueeze', [weights, g.ints([1])]));
  const loss = g.div(margin, scale);
  const cotangent = g.div(g.sub(difference, g.mul(loss, g.sum(ranked, [1]))), scale);
  return { loss: g.reshape(loss, [logits.type.shape[0]!]), seed: { value: logits, cotangent } };
}

function list(g: GraphBuilder, values: readonly number[], like: Value): Value {
  return g.constant(like.type.dtype === 'float64' ? { dtype: 'float64', shape: [values.length], data: Float64Array.from(values) } : floats(values));
}

/** d loss / d z = onehot(best other class) - onehot(label) */
export const margin: AttackLoss = {
  name: 'margin',
  summary: 'the largest other logit minus that of the label',
  formula: 'max over i ≠ label of z[i], minus z[label]',
  inputs: ['label'],
  build(g, logits, [label]) {
    const classes = classesOf(logits, 'margin');
    const other = bestOther(g, logits, label!, classes);
    const cotangent = g.sub(onehot(g, other, classes, logits.type.dtype), onehot(g, label!, classes, logits.type.dtype));
    const loss = g.sub(picked(g, logits, other, classes), picked(g, logits, label!, classes));
    return { loss: g.reshape(loss, [logits.type.shape[0]!]), seed: { value: logits, cotangent } };
  },
};

/** Croce and Hein, arXiv 2003.01690, equation 6. */
export const dlr: AttackLoss = {
  name: 'dlr',
  summary: 'difference of logits ratio: the margin over the distance of the largest to the third largest logit',
  formula: '(max over i ≠ label of z[i], minus z[label]) / (z(1) - z(3))',
  inputs: ['label'],
  build(g, logits, [label]) {
    const classes = classesOf(logits, 'dlr', 3);
    const weights = list(g, [1, 0, -1, 0].slice(0, classes), logits);
    return marginRatio(g, logits, { label: label!, weights, floor: list(g, [LEAST_SCALE], logits) });
  },
};

/** Croce and Hein, arXiv 2003.01690, equation 7. */
export const targetedDlr: AttackLoss = {
  name: 'targeted-dlr',
  summary: 'difference of logits ratio towards the class `target_label`',
  formula: '(z[target_label] - z[label]) / (z(1) - (z(3) + z(4)) / 2)',
  inputs: ['label', 'target_label'],
  build(g, logits, [label, target]) {
    classesOf(logits, 'targeted-dlr', 4);
    return marginRatio(g, logits, { label: label!, target: target!, weights: list(g, [1, 0, -0.5, -0.5], logits), floor: list(g, [LEAST_SCALE], logits) });
  },
};
