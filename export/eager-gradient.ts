/** @file The gradient graphs' computation on tfjs, by tfjs's own differentiation: what they are verified against. */
import * as tf from '@tensorflow/tfjs';
import { table } from '@robenc/shared/table.js';

type Fn = (inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor>;

interface EagerLoss {
  /** As the graph's loss is named. */
  readonly name: string;
  readonly target: 'label' | 'target';
  /** One number per image, from the output [batch, dim] and the label int32 [batch] or target [batch, dim]. */
  readonly value: (output: tf.Tensor2D, target: tf.Tensor) => tf.Tensor;
}

const unit = (rows: tf.Tensor): tf.Tensor => tf.div(rows, tf.maximum(tf.sqrt(tf.sum(tf.square(rows), 1, true)), 1e-12));

/** The same losses as the graphs have (shared/autodiff/attack-loss.ts), written a second time and another way. */
export const eagerLosses = table<EagerLoss>('loss', [
  {
    name: 'cross-entropy',
    target: 'label',
    value: (logits, label) => tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), tf.oneHot(tf.cast(label, 'int32'), logits.shape[1])), 1)),
  },
  { name: 'l2-to-target', target: 'target', value: (output, target) => tf.sum(tf.squaredDifference(output, target), 1) },
  { name: 'cosine-to-target', target: 'target', value: (output, target) => tf.sub(1, tf.sum(tf.mul(unit(output), unit(target)), 1)) },
]);

/**
 * What a gradient graph computes: the outputs of `fn`, the `loss` per image on its output `output`, and the `gradient` of the sum of the losses with
 * respect to the input `wrt`.
 *
 * @throws RobencError `usage` for an unknown loss.
 */
export function eagerGradient(fn: Fn, { wrt, output, loss }: { readonly wrt: string; readonly output: string; readonly loss: string }): Fn {
  const { target, value } = eagerLosses.get(loss);
  return (inputs) => {
    const lossOf = (x: tf.Tensor): tf.Tensor => value(fn({ ...inputs, [wrt]: x })[output] as tf.Tensor2D, inputs[target]!);
    const gradient = tf.grad((x: tf.Tensor) => tf.sum(lossOf(x)))(inputs[wrt]!);
    return { ...fn(inputs), loss: lossOf(inputs[wrt]!), gradient };
  };
}
