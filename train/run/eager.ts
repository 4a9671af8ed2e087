/** @file What every graph of a run's package computes, on tfjs itself: the functions that the graphs are verified against. */
import * as tf from '@tensorflow/tfjs';
import { eagerGradient } from '@robenc/export/eager-gradient.js';
import type { GraphRole } from '@robenc/shared/config/manifest.js';
import type { LinearHead } from '@robenc/shared/evaluation/linear-head.js';
import type { Comparison } from '@robenc/export/verify.js';
import { embedEagerly, type TrainedEncoder } from './encoder.js';

type Fn = Comparison['fn'];

/** By role; only of what the run has. The one-file attack is no differentiable function and is left out. */
export function eagerFunctions(
  { plan: { spec }, state }: TrainedEncoder,
  head: LinearHead,
  aggregate: LinearHead | null,
): Readonly<Partial<Record<GraphRole, Fn>>> {
  const embedPixels = (x: tf.Tensor): tf.Tensor2D => embedEagerly(spec.encoder, state, tf.transpose(x as tf.Tensor4D, [0, 2, 3, 1]));
  const embed: Fn = ({ image }) => ({ embedding: embedPixels(image!) });
  const classify: Fn = ({ image }) => ({ logits: linear(embedPixels(image!), head) });
  const common = {
    encoder: embed,
    classifier: classify,
    gradient: eagerGradient(classify, { wrt: 'image', output: 'logits', loss: 'cross-entropy' }),
    embeddingGradient: eagerGradient(embed, { wrt: 'image', output: 'embedding', loss: 'cosine-to-target' }),
  };
  if (aggregate === null) return common;
  const classifyCrops: Fn = ({ crops }) => {
    const [batch, count, ...rest] = crops!.shape as [number, number, ...number[]];
    const embeddings = embedPixels(tf.reshape(crops!, [batch * count, ...rest]));
    return { logits: linear(tf.mean(tf.reshape(embeddings, [batch, count, embeddings.shape[1]]), 1), aggregate) };
  };
  return {
    ...common,
    aggregateHead: ({ embedding }) => ({ logits: linear(embedding as tf.Tensor2D, aggregate) }),
    aggregateClassifier: classifyCrops,
    cropsGradient: eagerGradient(classifyCrops, { wrt: 'crops', output: 'logits', loss: 'cross-entropy' }),
  };
}

function linear(embedding: tf.Tensor2D, { weights, bias, size, classes }: LinearHead): tf.Tensor {
  return tf.add(tf.matMul(embedding, tf.tensor2d(weights, [size, classes])), tf.tensor1d(bias));
}
