/** @file Softmax cross-entropy. */
import { classesOf, onehot, type AttackLoss } from './loss.js';

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
    // GatherElements refuses a label outside the classes at run time, where a one-hot row would silently be zero.
    const picked = g.node('GatherElements', [log, g.reshape(label!, [batch, 1])], { axis: 1 });
    const cotangent = g.sub(g.node('Softmax', [logits], { axis: 1 }), onehot(g, label!, classes, logits.type.dtype));
    return { loss: g.reshape(g.neg(picked), [batch]), seed: { value: logits, cotangent } };
  },
};
