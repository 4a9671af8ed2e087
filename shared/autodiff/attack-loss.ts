/** @file Losses on the output of a finished model, as graph builders: one number per image, whose sum is differentiated. */
import type { GraphBuilder } from '../graph/builder.js';
import { RobencError } from '../errors.js';
import { table } from '../table.js';
import { describeType, type Value } from '../graph/value.js';

export interface AttackLoss {
  readonly name: string;
  /** One sentence for help and documentation. */
  readonly summary: string;
  /** The extra input of the graph, next to the model's own. */
  readonly target: 'label' | 'target';
  /**
   * `output` [batch, dim]; `target`: int64 [batch] or float32 [batch, dim].
   * @returns the loss per image [batch], and the value to seed the backward pass with.
   */
  build(g: GraphBuilder, output: Value, target: Value): { loss: Value; seed: { value: Value; cotangent: Value } };
}

/** loss = log Σ exp(logits) - logits[label];  d loss / d logits = softmax(logits) - onehot(label) */
const crossEntropy: AttackLoss = {
  name: 'cross-entropy',
  summary: 'softmax cross-entropy of the logits with the label',
  target: 'label',
  build(g, logits, label) {
    const classes = logits.type.shape[1];
    if (typeof classes !== 'number')
      throw new RobencError('unsupported', `Cross-entropy needs a fixed number of classes; the logits are ${describeType(logits.type)}.`);
    const log = g.node('LogSoftmax', [logits], { axis: 1 });
    // GatherElements refuses a label outside the classes at run time, where a one-hot row would silently be zero.
    const picked = g.node('GatherElements', [log, g.reshape(label, [label.type.shape[0]!, 1])], { axis: 1 });
    const loss = g.reshape(g.neg(picked), [label.type.shape[0]!]);
    const values = g.cast(g.constant({ dtype: 'float32', shape: [2], data: Float32Array.of(0, 1) }), logits.type.dtype);
    const onehot = g.node('OneHot', [label, g.ints([classes]), values], { axis: 1 });
    return { loss, seed: { value: logits, cotangent: g.sub(g.node('Softmax', [logits], { axis: 1 }), onehot) } };
  },
};

/** loss = Σ (output - target)²;  d loss / d output = 2 (output - target) */
const squaredDistance: AttackLoss = {
  name: 'l2-to-target',
  summary: 'squared Euclidean distance of the output to the target',
  target: 'target',
  build(g, output, target) {
    const difference = g.sub(output, target);
    return { loss: g.sum(g.mul(difference, difference), [1]), seed: { value: output, cotangent: g.mul(difference, g.scalarLike(2, difference)) } };
  },
};

/** Lengths below this are taken as this, so that a zero vector has a gradient of zero and not NaN. */
const LEAST_LENGTH = 1e-12;

/** loss = 1 - cos(output, target) = 1 - ô·t̂;  d loss / d output = (ô (ô·t̂) - t̂) / |output| */
const cosineDistance: AttackLoss = {
  name: 'cosine-to-target',
  summary: 'one minus the cosine of the output with the target',
  target: 'target',
  build(g, output, target) {
    const length = (v: Value): Value => g.node('Max', [g.node('Sqrt', [g.sum(g.mul(v, v), [1], true)]), g.scalarLike(LEAST_LENGTH, v)]);
    const size = length(output);
    const [unit, goal] = [g.div(output, size), g.div(target, length(target))];
    const cosine = g.sum(g.mul(unit, goal), [1], true);
    const loss = g.reshape(g.sub(g.scalarLike(1, cosine), cosine), [output.type.shape[0]!]);
    return { loss, seed: { value: output, cotangent: g.div(g.sub(g.mul(unit, cosine), goal), size) } };
  },
};

export const attackLosses = table<AttackLoss>('loss', [crossEntropy, squaredDistance, cosineDistance]);
