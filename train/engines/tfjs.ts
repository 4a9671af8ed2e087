/** @file The eager engine: the same functions as the compiled one, run and differentiated by tfjs itself. */
import * as tf from '@tensorflow/tfjs';
import { RobencError } from '@robenc/shared/errors.js';
import { ascend, intoBox, lastRows, perturb } from '../adversaries/perturbation.js';
import { moveAverage } from '../optimizers/average.js';
import { toBackend, toHost, type Tensors } from '../tensors/parameters.js';
import { checkBatch, checkState, perturbationShape, pixelShape } from './contract.js';
import type { Batch, Engine, EngineOptions, StepMetrics, StepSpec, TrainingState } from './engine.js';
import { differentiate, type Gradients } from './eager-gradient.js';
import { chooseBackend } from './tfjs-backend.js';

/** All that training changes, on the backend. */
type Values = { readonly params: Tensors; readonly state: Tensors; readonly slots: Tensors; readonly carried: Tensors };

/** An engine that starts from `initial` on `device` (`auto`, `cpu` or `cuda`); threads and replays per run are the backend's own affair. */
export async function openTfjsEngine(spec: StepSpec, initial: TrainingState, { device = 'auto' }: EngineOptions = {}): Promise<Engine> {
  const backend = await chooseBackend(device);
  let values: Values | null = upload(initial);
  const current = (): Values => {
    if (values === null) throw new RobencError('unavailable', 'Training engine: it is closed.');
    return values;
  };
  const replace = (next: Values | null): void => {
    if (values !== null) tf.dispose(values);
    values = next;
  };
  return {
    name: 'tfjs',
    ...backend,
    async step(batch, learningRates) {
      checkBatch(spec, batch, learningRates);
      const { next, seen } = tf.tidy(() => takeStep(spec, current(), batch, learningRates));
      replace(next);
      const metrics = await readMetrics(seen);
      tf.dispose(seen);
      return metrics;
    },
    state: async () => download(current()),
    async load(state) {
      checkState(await download(current()), state);
      replace(upload(state));
    },
    async close() {
      replace(null);
    },
  };
}

/** What the last optimizer step of a call saw. */
type Seen = { readonly loss: tf.Scalar; readonly parts: Tensors; readonly gradientNorm: tf.Scalar };

function takeStep(spec: StepSpec, { params, state, slots, carried }: Values, batch: Batch, learningRates: readonly number[]): { next: Values; seen: Seen } {
  const { adversary, optimizer, loss } = spec;
  const x = tf.tensor4d(batch.views, pixelShape(spec));
  const labels = loss.use.needsLabels ? { labels: tf.tensor1d(batch.labels!, 'int32') } : {};
  const attacked = adversary.attackSteps > 0 || adversary.carries;
  let delta = carried['delta'] ? intoBox(x, carried['delta']) : tf.zeros(perturbationShape(spec));
  const pass = (wanted: { params: boolean; pixels: boolean }): Gradients =>
    differentiate(spec, { params, state, x: attacked ? (perturb(x, delta) as tf.Tensor4D) : x, ...labels }, wanted);

  for (let step = 0; step < adversary.attackSteps; step++) {
    const { pixels, state: next } = pass({ params: false, pixels: true });
    delta = ascend(adversary, x, delta, lastRows(pixels!, delta.shape[0]));
    state = next;
  }
  let seen: Seen | null = null;
  for (const rate of learningRates) {
    const now = pass({ params: true, pixels: adversary.carries });
    const before = slots;
    ({ params, slots } = optimizer.use.update(optimizer.config, { params, grads: now.params, slots, learningRate: tf.scalar(rate) }));
    const averages = spec.average === null ? {} : moveAverage(spec.average, before, { params, state: now.state });
    slots = { ...slots, ...averages };
    if (adversary.carries) delta = ascend(adversary, x, delta, lastRows(now.pixels!, delta.shape[0]));
    state = now.state;
    seen = { loss: now.loss, parts: now.parts, gradientNorm: lengthOf(now.params) };
  }
  return { next: { params, state, slots, carried: adversary.carries ? { delta } : {} }, seen: seen! };
}

/** The Euclidean length of all tensors taken as one vector. */
function lengthOf(tensors: Tensors): tf.Scalar {
  return tf.sqrt(tf.addN(Object.values(tensors).map((tensor) => tf.sum<tf.Scalar>(tf.square(tensor)))));
}

async function readMetrics({ loss, parts, gradientNorm }: Seen): Promise<StepMetrics> {
  const read = async (tensor: tf.Tensor): Promise<number> => (await tensor.data())[0]!;
  const entries = await Promise.all(Object.entries(parts).map(async ([name, value]) => [name, await read(value)] as const));
  return { loss: await read(loss), parts: Object.fromEntries(entries), gradientNorm: await read(gradientNorm) };
}

function upload({ params, encoderState, slots, delta }: TrainingState): Values {
  return { params: toBackend(params), state: toBackend(encoderState), slots: toBackend(slots), carried: toBackend(delta === null ? {} : { delta }) };
}

async function download({ params, state, slots, carried }: Values): Promise<TrainingState> {
  return { params: await toHost(params), encoderState: await toHost(state), slots: await toHost(slots), delta: (await toHost(carried))['delta'] ?? null };
}
