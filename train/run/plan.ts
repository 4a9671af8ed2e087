/** @file From a run file to what will be computed: the entries of the tables with their checked options, and the sizes of the run. */
import { parseEpsilon } from '@robenc/shared/config/epsilon.js';
import { choose, entryOf, type Named } from '@robenc/shared/config/named.js';
import { blameFlags, loadRunConfig, type RunConfig } from '@robenc/shared/config/run.js';
import type { GiverOf } from '@robenc/shared/config/run-flags.js';
import type { ImageSet } from '@robenc/shared/data/image-set.js';
import { Random } from '@robenc/shared/math/random.js';
import { adversaries } from '../adversaries/index.js';
import { viewSamplers } from '../crops/index.js';
import { viewOptions } from '../crops/options.js';
import { encoders } from '../encoders/index.js';
import { initialState } from '../engines/contract.js';
import type { Choice, StepSpec, TrainingState } from '../engines/engine.js';
import { engines } from '../engines/index.js';
import { losses } from '../losses/index.js';
import { optimizers } from '../optimizers/index.js';
import { schedules } from '../schedules/index.js';
import type { Schedule } from '../schedules/schedule.js';
import { RobencError } from '@robenc/shared/errors.js';

/** A run whose names are resolved. */
export interface Plan {
  readonly run: RunConfig;
  readonly spec: StepSpec;
  readonly schedule: Choice<Schedule>;
}

/** A run from a file or an object, with overrides, whose choices are checked too: as `loadRunConfig`, faults name the file, or who gave the override. */
export function loadPlannedRun(source: string | object, overrides: Readonly<Record<string, unknown>> = {}, giverOf?: GiverOf): RunConfig {
  const run = loadRunConfig(source, overrides, giverOf);
  try {
    planOf(run);
    return run;
  } catch (error) {
    const blamed = blameFlags(error, overrides, giverOf);
    if (typeof source !== 'string' || blamed !== error || !(error instanceof RobencError) || error.code !== 'bad-input') throw blamed;
    const lines = error.message.split('\n').map((line) => `${source}: ${line}`);
    throw new RobencError('bad-input', lines.join('\n'), { cause: error, field: error.field ?? source });
  }
}

/** Resolves and checks the choices of a run. Throws `bad-input` naming the field. */
export function planOf(run: RunConfig): Plan {
  const { use, config } = choose(adversaries, run.adversary as Named, 'adversary');
  const loss = choose(losses, run.loss as Named, 'loss');
  const { least, most } = loss.use.views;
  if (run.views.count < least || run.views.count > most)
    throw new RobencError('bad-input', `views.count is ${run.views.count}, but the loss ${loss.use.name} takes ${viewsText(least, most)} views.`, {
      field: 'views.count',
    });
  if (run.validation) parseEpsilon(run.validation.epsilon, { field: 'validation.epsilon' });
  viewOptions(entryOf(viewSamplers, run.views.scheme, 'views.scheme'), run.views.options);
  const encoder = choose(encoders, run.encoder as Named, 'encoder');
  entryOf(engines, run.engine.name, 'engine.name');
  if (encoder.use.foreign && run.engine.name !== 'onnx')
    throw new RobencError('bad-input', `engine.name is "${run.engine.name}", but an encoder from an ONNX file runs on the engine onnx only.`, {
      field: 'engine.name',
    });
  if (run.engine.precision === 'mixed' && run.engine.name !== 'onnx')
    throw new RobencError('bad-input', `engine.precision is "mixed", which only the engine onnx computes with; engine.name is "${run.engine.name}".`, {
      field: 'engine.precision',
    });
  return {
    run,
    spec: {
      encoder,
      loss,
      optimizer: choose(optimizers, run.optimizer as Named, 'optimizer', ['learningRate']),
      adversary: use.plan(config),
      average: run.average?.decay ?? null,
      precision: run.engine.precision,
      views: run.views.count,
      batch: run.batchSize,
      size: run.data.size,
    },
    schedule: choose(schedules, run.schedule as Named, 'schedule', ['unit']),
  };
}

function viewsText(least: number, most: number): string {
  if (least === most) return String(least);
  return most === Infinity ? `${least} or more` : `${least} to ${most}`;
}

/** The state before the first step, drawn from the run's seed. */
export function firstState({ run, spec }: Plan): TrainingState {
  return initialState(spec, new Random(run.seed, 'encoder', spec.encoder.use.name));
}

/** Throws `bad-input` when the loss takes rows as logits and there are more classes than that. */
export function checkClasses({ spec: { encoder, loss } }: Plan, classes: number): void {
  const { projection } = encoder.use.dimensions(encoder.config);
  if (loss.use.rows === 'logits' && projection < classes)
    throw new RobencError(
      'bad-input',
      `encoder.projection is ${projection}, but with the loss ${loss.use.name} it needs one value for each of ${classes} classes. Set encoder.projection=${classes}.`,
      { field: 'encoder.projection' },
    );
}

/** Throws `bad-input` when the loss needs the classes of images that have none. */
export function checkLabels({ spec: { loss } }: Plan, { name, labels }: Pick<ImageSet, 'name' | 'labels'>): void {
  if (!loss.use.needsLabels || labels !== null) return;
  const others = losses.entries.filter(({ needsLabels }) => !needsLabels).map((one) => one.name);
  throw new RobencError(
    'bad-input',
    `loss.name is "${loss.use.name}", which needs the class of every image, and the images of ${name} have none. Give a folder with one folder for each class, or a loss that needs no labels: ${others.join(', ')}.`,
    { field: 'loss.name' },
  );
}

/** How long the run is: batches in an epoch (a last part of a batch is left out) and in all. */
export function lengthOf({ run }: Plan, images: number): { perEpoch: number; steps: number } {
  const perEpoch = Math.floor(images / run.batchSize);
  if (perEpoch === 0)
    throw new RobencError(
      'bad-input',
      `The data set has ${images} images, less than one batch of ${run.batchSize}. Lower batchSize (--batch-size) or take more data.`,
      { field: 'batchSize' },
    );
  return { perEpoch, steps: Math.min(Math.max(1, Math.round(run.epochs * perEpoch)), run.maxSteps ?? Infinity) };
}

/**
 * The learning rate of every replay of batch `step` (from 0) of `steps`. With `schedule.unit` "replay" the rate moves on with each replay although the
 * length of the schedule counts batches, as in the published code of CF-AMC-SSL: a cosine then falls and rises again, `replays` half waves in all.
 */
export function learningRates({ run, spec, schedule }: Plan, step: number, steps: number): number[] {
  const replays = spec.adversary.replays;
  return Array.from({ length: replays }, (_, replay) => {
    const at = run.schedule.unit === 'replay' ? step * replays + replay : step;
    return run.optimizer.learningRate * schedule.use.factor(schedule.config, at, steps);
  });
}
