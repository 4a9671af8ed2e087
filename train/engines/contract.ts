/** @file What every engine checks before it computes, and the state that training starts from. */
import { RobencError } from '@robenc/shared/errors.js';
import type { Random } from '@robenc/shared/math/random.js';
import { mapValues, type Parameters } from '../tensors/parameters.js';
import { initAverage } from '../optimizers/average.js';
import { initLossScale } from './mixed/loss-scale.js';
import type { Batch, Engine, EngineKind, EngineOptions, StepShapes, StepSpec, TrainingState } from './engine.js';

/** [views * batch, 3, size, size]: the shape of a batch. */
export function pixelShape({ views, batch, size }: StepSpec): [number, number, number, number] {
  return [views * batch, 3, size, size];
}

/** The shape of the perturbation: [batch, 3, size, size] for each view that the adversary changes. */
export function perturbationShape({ views, batch, size, adversary }: StepSpec): [number, number, number, number] {
  return [(adversary.views === 'last' ? 1 : views) * batch, 3, size, size];
}

/** The state before the first step: new parameters, no momentum, no perturbation. */
export function initialState({ encoder, optimizer, ...spec }: StepSpec, random: Random): TrainingState {
  const { params, state } = encoder.use.init(encoder.config, random);
  const shape = perturbationShape({ encoder, optimizer, ...spec });
  const delta = spec.adversary.carries ? { shape, data: new Float32Array(shape.reduce((a, b) => a * b)) } : null;
  return {
    params,
    encoderState: state,
    slots: {
      ...optimizer.use.init(optimizer.config, params),
      ...(spec.average === null ? {} : initAverage(params, state)),
      ...(spec.precision === 'mixed' ? initLossScale() : {}),
    },
    delta,
  };
}

/** The shapes of a state, without its values. */
export function shapesOf({ params, encoderState, slots }: TrainingState): StepShapes {
  const only = (tensors: Readonly<Parameters>) => mapValues(tensors, ({ shape }) => ({ shape }));
  return { params: only(params), state: only(encoderState), slots: only(slots) };
}

/** Prepares an engine for the shapes of `initial` and opens it with its values. */
export async function openEngine(kind: EngineKind, spec: StepSpec, initial: TrainingState, options: EngineOptions = {}): Promise<Engine> {
  return (await kind.prepare(spec, shapesOf(initial), options)).open(initial);
}

/** Throws `bad-input` when the batch or the learning rates do not fit the engine's spec. */
export function checkBatch(spec: StepSpec, { views, labels }: Batch, learningRates: readonly number[]): void {
  const shape = pixelShape(spec);
  const pixels = shape.reduce((a, b) => a * b);
  if (views.length !== pixels)
    throw new RobencError('bad-input', `Training step: a batch is [${shape.join(',')}], ${pixels} values; there are ${views.length}.`, { field: 'views' });
  if (spec.loss.use.needsLabels && labels === undefined)
    throw new RobencError('bad-input', `Training step: loss ${spec.loss.use.name} needs the class of every image. Give labelled data, or another loss.`, {
      field: 'labels',
    });
  if (labels !== undefined && labels.length !== spec.batch)
    throw new RobencError('bad-input', `Training step: ${spec.batch} images, ${labels.length} labels.`, { field: 'labels' });
  if (learningRates.length !== spec.adversary.replays)
    throw new RobencError(
      'bad-input',
      `Training step: ${spec.adversary.replays} optimizer steps on a batch need as many learning rates; there are ${learningRates.length}.`,
      { field: 'learningRates' },
    );
}

/** Throws `mismatch`, naming the first difference, unless `given` has the names and shapes of `expected`. */
export function checkState(expected: TrainingState, given: TrainingState): void {
  checkParameters('parameter', expected.params, given.params);
  checkParameters('encoder state', expected.encoderState, given.encoderState);
  checkParameters('optimizer slot', expected.slots, given.slots);
  checkParameters('perturbation', asParameters(expected), asParameters(given));
}

function asParameters({ delta }: TrainingState): Parameters {
  return delta === null ? {} : { delta };
}

function checkParameters(what: string, expected: Readonly<Parameters>, given: Readonly<Parameters>): void {
  for (const [name, { shape }] of Object.entries(expected)) {
    const other = given[name];
    if (other === undefined)
      throw new RobencError('mismatch', `Training state: ${what} "${name}" is missing. Resume with the configuration that the state was made with.`);
    if (other.shape.join() !== shape.join())
      throw new RobencError(
        'mismatch',
        `Training state: ${what} "${name}" is [${other.shape.join(',')}], expected [${shape.join(',')}]. Resume with the configuration that the state was made with.`,
      );
  }
  const extra = Object.keys(given).find((name) => !(name in expected));
  if (extra !== undefined)
    throw new RobencError(
      'mismatch',
      `Training state: ${what} "${extra}" is not part of this configuration. Resume with the configuration that the state was made with.`,
    );
}
