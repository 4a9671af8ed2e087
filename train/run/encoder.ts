/** @file The trained encoder as an ONNX graph: traced in evaluation mode, parameters inside, any batch size. */
import * as tf from '@tensorflow/tfjs';
import { traceGraph } from '@robenc/export/trace/trace.js';
import type { Graph } from '@robenc/shared/graph/value.js';
import { foldConstants } from '@robenc/shared/runtime/fold-constants.js';
import type { Choice, TrainingState } from '../engines/engine.js';
import type { Encoder } from '../encoders/encoder.js';
import { encoderOf } from '../optimizers/average.js';
import { toBackend } from '../tensors/parameters.js';
import { openRun } from './folder.js';
import { planOf, type Plan } from './plan.js';

/** What of a training state makes an encoder. */
export type EncoderState = Pick<TrainingState, 'params' | 'encoderState'>;

/** Embeddings [batch, dim] of images [batch, height, width, 3] with values in [0,1], by tfjs itself: what the graph is checked against. */
export function embedEagerly({ use, config }: Choice<Encoder>, { params, encoderState }: EncoderState, images: tf.Tensor4D): tf.Tensor2D {
  return tf.tidy(() => use.apply(config, toBackend(params), toBackend(encoderState), images, 'eval').embedding);
}

/** `image` [batch,3,size,size] with values in [0,1] → `embedding` [batch, dim]. */
export async function encoderGraph(encoder: Choice<Encoder>, state: EncoderState, size: number): Promise<Graph> {
  const graph = traceGraph({
    name: 'encoder',
    inputs: [{ name: 'image', shape: [1, size, size, 3], layout: 'NCHW' }],
    batch: { symbol: 'batch' },
    fn: ({ image }) => ({ embedding: embedEagerly(encoder, state, image as tf.Tensor4D) }),
  });
  return foldConstants(graph);
}

/** A run's encoder at the checkpoint that its `checkpoint.use` says, the newest or the best: the running average, where one is kept. */
export interface TrainedEncoder {
  readonly plan: Plan;
  readonly state: EncoderState;
  readonly step: number;
  /** Seconds of training. */
  readonly seconds: number;
  readonly summary: Readonly<Record<string, unknown>> | null;
  readonly graph: Graph;
}

/** Opens a run folder and traces its encoder. Throws `not-found` or `bad-file` naming what is missing or broken. */
export async function openEncoder(folder: string): Promise<TrainedEncoder> {
  const { run, checkpoint, summary } = openRun(folder);
  const plan = planOf(run);
  const { step, seconds } = checkpoint;
  const state = encoderOf(checkpoint.state);
  return { plan, state, step, seconds, summary, graph: await encoderGraph(plan.spec.encoder, state, run.data.size) };
}
