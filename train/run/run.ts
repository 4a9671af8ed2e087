/** @file A whole training run: data, engine, loop, and what is left behind in the run's folder. */
import { EXIT, RobencError } from '@robenc/shared/errors.js';
import { claimOutputFolder } from '@robenc/shared/files.js';
import type { RunConfig } from '@robenc/shared/config/run.js';
import type { ImageSet } from '@robenc/shared/data/image-set.js';
import { openImageSet } from '@robenc/shared/data/open.js';
import { availableMemory } from '@robenc/shared/runtime/available-memory.js';
import { runtimeVersion } from '@robenc/shared/runtime/session.js';
import type { Place } from '../crops/order.js';
import { openValidationData, type ValidationData } from '../validation/data.js';
import { validatorOf } from '../validation/validator.js';
import { viewBatches } from '../crops/pipeline.js';
import { encoderOf } from '../optimizers/average.js';
import type { Engine, EngineOptions } from '../engines/engine.js';
import { prepareEngineThread } from '../engines/thread.js';
import { refuseWithoutRoom } from '../memory/check.js';
import { loadNewest, stateDigest, type Checkpoint } from './checkpoint.js';
import { claimRun } from './claim.js';
import { withStart, writeFineTuned } from './fine-tuned.js';
import { trainingData } from './data.js';
import { clearRun, clearUnfinished, digestOf, makerOf, writeEnvironment, writeRunFile, writeSummary } from './folder.js';
import { Keeper } from './keeper.js';
import { trainLoop, type BatchSource, type Ending } from './loop.js';
import { rewindMetrics, type StepRecord } from './metrics.js';
import { changedSettings } from './settings.js';
import { summarize, type TrainSummary } from './summary.js';
import { checkClasses, checkLabels, lengthOf, planOf, type Plan } from './plan.js';

export interface TrainOptions {
  readonly resume?: boolean;
  readonly force?: boolean;
  /** Start although the run seems not to fit in memory. */
  readonly ignoreMemory?: boolean;
  readonly signal: AbortSignal;
  readonly clock: () => number;
  /** Lines for people: what is being done, on which device. */
  readonly note: (line: string) => void;
  readonly report: (record: StepRecord, steps: number) => void;
}

/** Trains, or goes on where a run stopped. Throws `usage` when the folder holds another run. */
export async function train(given: RunConfig, options: TrainOptions): Promise<TrainSummary> {
  const run = withStart(given);
  const plan = planOf(run);
  // Before the images are read and the step is compiled; what refuses the run after that leaves no folder.
  const release = claimOutputFolder(run.out, options);
  const available = availableMemory();
  // The thread makes the first state and compiles the step, once, while the images are read here.
  const preparing = prepareEngineThread(run, engineOptions(run));
  const over = preparing.then(
    (thread) => () => thread.close(),
    () => () => Promise.resolve(),
  );
  try {
    const data = await openData(plan);
    const prepared = await preparing;
    if (!options.ignoreMemory) await refuseWithoutRoom(plan, { stateBytes: prepared.stateBytes, set: data.set, step: prepared.memory, available });
    // Opened before anything is written: its device may not be there.
    return await trainWith(plan, { ...data, engine: await prepared.open(null) }, options);
  } catch (error) {
    release();
    throw error;
  } finally {
    await (
      await over
    )();
  }
}

interface Opened {
  readonly set: ImageSet;
  /** What validations look at; undefined in a run without. */
  readonly held: ValidationData | undefined;
}

async function openData(plan: Plan): Promise<Opened> {
  const { run } = plan;
  const set = await openImageSet(trainingData(run));
  checkLabels(plan, set);
  checkClasses(plan, set.classes.length);
  lengthOf(plan, set.count);
  return { set, held: run.validation && (await openValidationData(run, set, run.validation)) };
}

function engineOptions({ engine: { device, threads, replaysPerRun, convolutions } }: RunConfig): EngineOptions {
  return { device, convolutions, ...(threads === undefined ? {} : { threads }), ...(replaysPerRun === undefined ? {} : { replaysPerRun }) };
}

async function trainWith(plan: Plan, opened: Opened & { engine: Engine }, options: TrainOptions): Promise<TrainSummary> {
  const release = claimRun(plan.run.out, options.note);
  try {
    return await trainInFolder(plan, opened, options);
  } finally {
    release();
  }
}

async function trainInFolder(plan: Plan, { set, held, engine }: Opened & { engine: Engine }, options: TrainOptions): Promise<TrainSummary> {
  const { signal, clock, note } = options;
  const { run } = plan;
  const runDigest = digestOf(run);
  const { perEpoch, steps } = lengthOf(plan, set.count);
  const checkpoint = options.resume ? resumeFrom(run, runDigest, note) : null;
  if (checkpoint) await engine.load(checkpoint.state);
  if (!options.resume) clearRun(run.out);
  writeRunFile(run.out, run);
  const left = clearUnfinished(run.out);
  if (left.files > 0)
    note(`Removed what processes that were killed left unfinished in ${run.out}: ${left.files} files, ${(left.bytes / 2 ** 20).toFixed(1)} MiB.`);
  const from = { step: checkpoint?.step ?? 0, seconds: checkpoint?.seconds ?? 0 };
  const records = rewindMetrics(run.out, from.step);
  if (engine.notice) note(engine.notice);
  note(`${set.count} images from ${set.name}; ${steps} batches of ${run.batchSize} x ${run.views.count} views; engine ${engine.name} on ${engine.device}`);
  writeEnvironment(run.out, { onnxruntime: runtimeVersion(), engine: engine.name, device: engine.device, threads: run.engine.threads ?? null });
  const madeBy = makerOf(run, engine);
  if (checkpoint && checkpoint.madeBy !== '' && checkpoint.madeBy !== madeBy)
    note(`The checkpoint was made with ${checkpoint.madeBy}; this is ${madeBy}. The numbers may differ from those of an uninterrupted run in the last digits.`);
  const { keep } = run.checkpoint;
  const losses = records.map(({ loss }) => loss);
  const keeper = new Keeper({ folder: run.out, keep, runDigest, madeBy, perEpoch, validates: held !== undefined, losses }, note);
  const source = batchesOf(run, set, { epoch: Math.floor(from.step / perEpoch), step: from.step % perEpoch });
  try {
    const result = await trainLoop({
      plan,
      engine,
      source,
      folder: run.out,
      keeper,
      validator:
        held === undefined ? null : validatorOf(plan, held, { device: engine.device, signal, before: records.findLast(({ validation }) => validation) }),
      from,
      steps,
      perEpoch,
      signal,
      clock,
      report: (record) => options.report(record, steps),
    });
    const summary = summarize(plan, {
      ...result,
      planned: steps,
      perEpoch,
      runDigest,
      stateDigest: stateDigest(await engine.state()),
      engine,
      data: { name: set.name, images: set.count },
    });
    if (plan.spec.encoder.use.foreign) note(`The model with its new weights: ${writeFineTuned(run, encoderOf(await engine.state()).params)}`);
    writeSummary(run.out, summary);
    return summary;
  } finally {
    await source.close();
  }
}

/** The batches of a run from a place on, with labels where the set has them. */
function batchesOf({ views, batchSize, seed, data }: RunConfig, set: ImageSet, start: Place): BatchSource {
  const batches = viewBatches(set, { views: views.count, sampler: views.scheme, options: views.options, batchSize, seed, size: data.size, start });
  return {
    async next() {
      const { value } = await batches.next();
      const { views: pixels, indices } = value!;
      return set.labels ? { views: pixels, labels: Int32Array.from(indices, (index) => set.labels![index]!) } : { views: pixels };
    },
    async close() {
      await batches.return();
    },
  };
}

/** The exit code for how a run ended: a stopped one is not done. */
export function exitCodeFor(ending: Ending): number {
  return ending === 'stopped' ? EXIT.couldNotRun : EXIT.done;
}

/** The newest whole checkpoint; null where there is none yet, so that one command can be the first start and every later one. */
function resumeFrom(run: RunConfig, runDigest: string, note: (line: string) => void): Checkpoint | null {
  const folder = run.out;
  const checkpoint = loadNewest(folder, (error) => note(error.message));
  if (checkpoint && checkpoint.runDigest !== runDigest) {
    const changed = changedSettings(folder, run);
    throw new RobencError(
      'usage',
      `${folder} holds a run with other settings${changed === '' ? '' : `: ${changed}`}. Resume it with its own run.json, or choose another --out.`,
      { field: 'out' },
    );
  }
  note(checkpoint ? `Going on after batch ${checkpoint.step}.` : `No checkpoint in ${folder} yet: starting from the beginning.`);
  return checkpoint;
}
