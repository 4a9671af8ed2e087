/** @file The training loop: batches in, optimizer steps, metrics and checkpoints out; stops, resumes and fails without losing what was done. */
import { RobencError } from '@robenc/shared/errors.js';
import type { Batch, Engine, StepMetrics, TrainingState } from '../engines/engine.js';
import { isDue, type Moment } from '../validation/cadence.js';
import type { Validation, ValidationSettings } from '../validation/validation.js';
import { listCheckpoints } from './checkpoint.js';
import type { Keeper } from './keeper.js';
import { appendMetrics, type StepRecord } from './metrics.js';
import { learningRates, type Plan } from './plan.js';

/** Batches in the order of the run, from the step that it was opened at. */
export interface BatchSource {
  next(): Promise<Batch>;
  close(): Promise<void>;
}

/** Measures states of the encoder on the way. */
export interface Validator {
  readonly settings: ValidationSettings;
  /** The last validation before this start, or the start of the run. */
  readonly before: Moment;
  run(state: TrainingState): Promise<Omit<Validation, 'seconds'>>;
}

export interface LoopInput {
  readonly plan: Plan;
  readonly engine: Engine;
  readonly source: BatchSource;
  readonly folder: string;
  readonly keeper: Keeper;
  readonly validator: Validator | null;
  /** Where to go on: 0 and 0 for a new run. */
  readonly from: { readonly step: number; readonly seconds: number };
  readonly steps: number;
  readonly perEpoch: number;
  /** Stops after the batch under way, with a checkpoint. */
  readonly signal: AbortSignal;
  /** Seconds since some fixed moment. */
  readonly clock: () => number;
  readonly report: (record: StepRecord) => void;
}

export type Ending = 'done' | 'time' | 'stopped';

export interface LoopResult {
  readonly ending: Ending;
  readonly step: number;
  readonly seconds: number;
  /** Seconds that steps waited for data. */
  readonly waited: number;
}

/** Trains until the steps are done, the minutes are up, or the signal says stop; the last act is always a checkpoint. Throws when the loss is no number. */
export async function trainLoop(input: LoopInput): Promise<LoopResult> {
  const { plan, engine, source, from, steps, clock, keeper, validator } = input;
  const { run } = plan;
  // Moved on by what is not training.
  let started = clock() - from.seconds;
  let saved = from.seconds;
  let validated = validator?.before ?? null;
  let step = from.step;
  let waitedInAll = 0;
  const ending = (): Ending | null => {
    if (step >= steps) return 'done';
    if (run.maxMinutes !== undefined && clock() - started >= 60 * run.maxMinutes) return 'time';
    return input.signal.aborted ? 'stopped' : null;
  };
  let end = ending();
  while (end === null) {
    const before = clock();
    const batch = await source.next();
    const waited = clock() - before;
    waitedInAll += waited;
    const rates = learningRates(plan, step, steps);
    const metrics = await engine.step(batch, rates);
    step++;
    const now = clock();
    refuseNonFinite(metrics, step, input);
    const viewsPerSecond = (plan.spec.views * plan.spec.batch * plan.spec.adversary.replays) / (now - before);
    keeper.sawLoss(metrics.loss);
    const moment = { step, seconds: now - started };
    end = ending();
    const due = validator !== null && end !== 'stopped' && (end !== null || isDue(validator.settings, input.perEpoch, validated!, moment));
    const validation = due ? await validateNow(input, validator, moment) : null;
    if (validation) {
      started += validation.seconds;
      validated = moment;
    }
    const record = {
      step,
      epoch: (step - 1) / input.perEpoch,
      ...metrics,
      learningRate: rates.at(-1)!,
      seconds: moment.seconds,
      waited,
      viewsPerSecond,
      ...(validation && { validation }),
    };
    appendMetrics(input.folder, record);
    input.report(record);
    end ??= ending();
    if (end === null && moment.seconds - saved >= 60 * run.checkpoint.everyMinutes) {
      keeper.save({ ...moment, state: usable(await engine.state(), step, input) });
      saved = moment.seconds;
    }
  }
  const seconds = clock() - started;
  keeper.save({ step, seconds, state: usable(await engine.state(), step, input) });
  return { ending: end, step, seconds, waited: waitedInAll };
}

/** Null where the run was told to stop meanwhile. */
async function validateNow(input: LoopInput, validator: Validator, moment: Moment): Promise<Validation | null> {
  const { engine, keeper, clock, signal } = input;
  const before = clock();
  const state = usable(await engine.state(), moment.step, input);
  try {
    const found = await validator.run(state);
    keeper.validated({ ...moment, state }, found);
    return { ...found, seconds: clock() - before };
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}

/** The square of a larger number is infinite: whatever is computed with such weights is lost. */
const LARGEST = 1e18;

/** The state, if it is one that can be gone on from: the update after a finite loss may have been too large. */
function usable(state: TrainingState, step: number, input: LoopInput): TrainingState {
  for (const group of [state.params, state.encoderState])
    for (const [name, { data }] of Object.entries(group)) {
      const bad = data.find((value) => !(Math.abs(value) <= LARGEST));
      if (bad !== undefined) throw broken(step, `${name} holds ${bad}`, input);
    }
  return state;
}

function refuseNonFinite({ loss, parts, gradientNorm }: StepMetrics, step: number, input: LoopInput): void {
  const values: Record<string, number> = { loss, ...parts, gradientNorm };
  const bad = Object.entries(values).filter(([, value]) => !Number.isFinite(value));
  if (bad.length > 0) throw broken(step, bad.map(([name, value]) => `${name} ${value}`).join(', '), input);
}

function broken(step: number, what: string, { folder }: LoopInput): RobencError {
  const last = listCheckpoints(folder).at(-1);
  const lower = 'Lower optimizer.learningRate (--learning-rate) and start again';
  return new RobencError(
    'bad-input',
    `Training broke at step ${step}: ${what}. ${last === undefined ? `There is no checkpoint yet. ${lower}.` : `The last good checkpoint is ${last}. ${lower}, or go on from it with --resume.`}`,
  );
}
