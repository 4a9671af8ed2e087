/** @file Softmax cross-entropy. */
import { classesOf, onehot, picked, type AttackLoss } from './loss.js';

/** d loss / d logits = softmax(logits) - onehot(label) */
export const crossEntropy: AttackLoss = {
  name: 'cross-entropy',
  summary: 'softmax cross-entropy of the logits with the label',
  formula: 'log Σ exp(z) - z[label]',
  inputs: ['label'],
  build(g, logits, [label]) {
    const classes = classesOf(logits, 'cross-entropy', 1);
    const batch = label!.type.shape[0]!;
    const log = g.node('LogSoftmax', [logits], { axis: 1 });
    // Not a product with the one-hot row, which would silently be zero for a label outside the classes.
    const chosen = picked(g, log, label!, classes);
    const cotangent = g.sub(g.node('Softmax', [logits], { axis: 1 }), onehot(g, label!, classes, logits.type.dtype));
    return { loss: g.reshape(g.neg(chosen), [batch]), seed: { value: logits, cotangent } };
  },
};
