/** @file A whole training run: data, engine, loop, and what is left behind in the run's folder. */
import { EXIT, RobencError } from '@robenc/shared/errors.js';
import { claimOutputFolder } from '@robenc/shared/files.js';
import type { RunConfig } from '@robenc/shared/config/run.js';
import type { ImageSet } from '@robenc/shared/data/image-set.js';
import { openImageSet } from '@robenc/shared/data/open.js';
import { runtimeVersion } from '@robenc/shared/runtime/session.js';
import type { Place } from '../crops/order.js';
import { openValidationData } from '../validation/data.js';
import { validatorOf } from '../validation/validator.js';
import { viewBatches } from '../crops/pipeline.js';
import { encoderOf } from '../optimizers/average.js';
import { openEngineThread } from '../engines/thread.js';
import { refuseWithoutRoom } from '../memory/check.js';
import { loadNewest, stateDigest, type Checkpoint } from './checkpoint.js';
import { withStart, writeFineTuned } from './fine-tuned.js';
import { trainingData } from './data.js';
import { clearRun, clearUnfinished, digestOf, makerOf, writeEnvironment, writeRunFile, writeSummary } from './folder.js';
import { Keeper } from './keeper.js';
import { trainLoop, type BatchSource, type Ending } from './loop.js';
import { rewindMetrics, type StepRecord } from './metrics.js';
import { checkClasses, firstState, lengthOf, planOf, type Plan } from './plan.js';

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

/** What a run left behind; also written as summary.json. */
export interface TrainSummary {
  readonly name: string;
  readonly folder: string;
  readonly ending: Ending;
  readonly steps: number;
  readonly stepsPlanned: number;
  readonly epochs: number;
  /** Images taken from the data set, each replay counted once more. */
  readonly imagesSeen: number;
  readonly minutes: number;
  readonly waitedForData: number;
  readonly engine: string;
  readonly device: string;
  readonly seed: number;
  readonly runDigest: string;
  /** sha256 of parameters and running statistics. */
  readonly stateDigest: string;
  readonly data: { readonly name: string; readonly images: number };
}

/** Trains, or goes on where a run stopped. Throws `usage` when the folder holds another run. */
export async function train(given: RunConfig, options: TrainOptions): Promise<TrainSummary> {
  const { signal, clock, note } = options;
  const run = withStart(given);
  const plan = planOf(run);
  const runDigest = digestOf(run);
  const set = await openImageSet(trainingData(run));
  checkClasses(plan, set.classes.length);
  const { perEpoch, steps } = lengthOf(plan, set.count);
  const held = run.validation && (await openValidationData(run, set, run.validation));
  const initial = firstState(plan);
  if (!options.ignoreMemory) refuseWithoutRoom(plan, initial, set);
  claimOutputFolder(run.out, options);
  const checkpoint = options.resume ? resumeFrom(run.out, runDigest, note) : null;
  if (!options.resume) clearRun(run.out);
  writeRunFile(run.out, run);
  const left = clearUnfinished(run.out);
  if (left.files > 0)
    note(`Removed what processes that were killed left unfinished in ${run.out}: ${left.files} files, ${(left.bytes / 2 ** 20).toFixed(1)} MiB.`);
  const from = { step: checkpoint?.step ?? 0, seconds: checkpoint?.seconds ?? 0 };
  const records = rewindMetrics(run.out, from.step);
  const engine = await openEngineThread(run, checkpoint?.state ?? initial, {
    device: run.engine.device,
    ...(run.engine.threads === undefined ? {} : { threads: run.engine.threads }),
    ...(run.engine.replaysPerRun === undefined ? {} : { replaysPerRun: run.engine.replaysPerRun }),
  });
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
    await engine.close();
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

function resumeFrom(folder: string, runDigest: string, note: (line: string) => void): Checkpoint | null {
  const checkpoint = loadNewest(folder, (error) => note(error.message));
  if (checkpoint && checkpoint.runDigest !== runDigest)
    throw new RobencError('usage', `${folder} holds a run with other settings. Resume it with its own run.json, or choose another --out.`, { field: 'out' });
  note(checkpoint ? `Going on after batch ${checkpoint.step}.` : `No checkpoint in ${folder} yet: starting from the beginning.`);
  return checkpoint;
}

interface Outcome {
  readonly ending: Ending;
  readonly step: number;
  readonly seconds: number;
  readonly waited: number;
  readonly planned: number;
  readonly perEpoch: number;
  readonly runDigest: string;
  readonly stateDigest: string;
  readonly engine: { readonly name: string; readonly device: string };
  readonly data: { readonly name: string; readonly images: number };
}

function summarize({ run, spec }: Plan, outcome: Outcome): TrainSummary {
  return {
    name: run.name,
    folder: run.out,
    ending: outcome.ending,
    steps: outcome.step,
    stepsPlanned: outcome.planned,
    epochs: outcome.step / outcome.perEpoch,
    imagesSeen: outcome.step * run.batchSize * spec.adversary.replays,
    minutes: outcome.seconds / 60,
    waitedForData: outcome.waited / 60,
    engine: outcome.engine.name,
    device: outcome.engine.device,
    seed: run.seed,
    runDigest: outcome.runDigest,
    stateDigest: outcome.stateDigest,
    data: outcome.data,
  };
}
