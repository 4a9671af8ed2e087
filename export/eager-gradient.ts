/** @file The gradient graphs' computation on tfjs, by tfjs's own differentiation: what they are verified against. */
import * as tf from '@tensorflow/tfjs';
import { table } from '@robenc/shared/table.js';

type Fn = (inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor>;

interface EagerLoss {
  /** As the graph's loss is named. */
  readonly name: string;
  readonly inputs: readonly ('label' | 'target_label' | 'target')[];
  /** One number per image, from the output [batch, dim] and the inputs of the loss: class numbers int32 [batch] or a target [batch, dim]. */
  readonly value: (output: tf.Tensor2D, ...inputs: tf.Tensor[]) => tf.Tensor;
}

const unit = (rows: tf.Tensor): tf.Tensor => tf.div(rows, tf.maximum(tf.sqrt(tf.sum(tf.square(rows), 1, true)), 1e-12));

/** The logit of one class in each row. */
const at = (logits: tf.Tensor2D, classes: readonly number[]): tf.Tensor =>
  tf.sum(tf.mul(logits, tf.oneHot(tf.tensor1d([...classes], 'int32'), logits.shape[1])), 1);
const numbers = (classes: tf.Tensor): number[] => Array.from(classes.dataSync());
/** The classes of each row from the highest logit down. */
const ranking = (logits: tf.Tensor2D): number[][] => logits.arraySync().map((row) => [...row.keys()].sort((a, b) => row[b]! - row[a]! || a - b));
const bestOther = (logits: tf.Tensor2D, label: tf.Tensor): number[] => {
  const own = numbers(label);
  return ranking(logits).map((order, i) => order.find((entry) => entry !== own[i])!);
};
/** Σ weights_k z(k) of the sorted logits. */
const spread = (logits: tf.Tensor2D, weights: readonly number[]): tf.Tensor => {
  const ranks = ranking(logits);
  const terms = weights.map((weight, k) =>
    tf.mul(
      at(
        logits,
        ranks.map((order) => order[k]!),
      ),
      weight,
    ),
  );
  return tf.add(tf.addN(terms), 1e-12);
};

/** The same losses as the graphs have (shared/autodiff/losses/), written a second time and another way. */
export const eagerLosses = table<EagerLoss>('loss', [
  {
    name: 'cross-entropy',
    inputs: ['label'],
    value: (logits, label) => tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), tf.oneHot(tf.cast(label, 'int32'), logits.shape[1])), 1)),
  },
  { name: 'margin', inputs: ['label'], value: (logits, label) => tf.sub(at(logits, bestOther(logits, label)), at(logits, numbers(label))) },
  {
    name: 'dlr',
    inputs: ['label'],
    value: (logits, label) => tf.div(tf.sub(at(logits, bestOther(logits, label)), at(logits, numbers(label))), spread(logits, [1, 0, -1])),
  },
  {
    name: 'targeted-dlr',
    inputs: ['label', 'target_label'],
    value: (logits, label, target) => tf.div(tf.sub(at(logits, numbers(target)), at(logits, numbers(label))), spread(logits, [1, 0, -0.5, -0.5])),
  },
  { name: 'l2-to-target', inputs: ['target'], value: (output, target) => tf.sum(tf.squaredDifference(output, target), 1) },
  { name: 'cosine-to-target', inputs: ['target'], value: (output, target) => tf.sub(1, tf.sum(tf.mul(unit(output), unit(target)), 1)) },
]);

/**
 * What a gradient graph computes: the outputs of `fn`, the `loss` per image on its output `output`, and the `gradient` of the sum of the losses with
 * respect to the input `wrt`.
 *
 * @throws RobencError `usage` for an unknown loss.
 */
export function eagerGradient(fn: Fn, { wrt, output, loss }: { readonly wrt: string; readonly output: string; readonly loss: string }): Fn {
  const { inputs: added, value } = eagerLosses.get(loss);
  return (inputs) => {
    // One forward pass gives outputs, loss and gradient: on a plain processor each further one takes seconds.
    let kept: Record<string, tf.Tensor> = {};
    const gradient = tf.grad((x: tf.Tensor) => {
      const outputs = fn({ ...inputs, [wrt]: x });
      const loss = value(outputs[output] as tf.Tensor2D, ...added.map((name) => inputs[name]!));
      kept = { ...outputs, loss };
      for (const tensor of Object.values(kept)) tf.keep(tensor);
      return tf.sum(loss);
    })(inputs[wrt]!);
    // Copies belong to the caller's scope, as every other result does.
    const results = Object.fromEntries(Object.entries(kept).map(([name, tensor]) => [name, tf.clone(tensor)]));
    tf.dispose(kept);
    return { ...results, gradient };
  };
}
