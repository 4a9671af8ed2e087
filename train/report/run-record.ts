/** @file What a run's folder tells of it: settings, machine, metrics and how it ended; of runs under way too. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadRunConfig, readJson, type RunConfig } from '@robenc/shared/config/run.js';
import { RobencError } from '@robenc/shared/errors.js';
import { readMetrics, type StepRecord } from '../run/metrics.js';
import type { TrainSummary } from '../run/summary.js';

export interface RunRecord {
  readonly folder: string;
  readonly run: RunConfig;
  readonly environment: Readonly<Record<string, unknown>> | null;
  readonly records: readonly StepRecord[];
  /** How it ended the last time; null where it has not. */
  readonly summary: TrainSummary | null;
  /** `done`, `time` (its minutes were over), `stopped`, or `unfinished`: under way, killed, or broken. */
  readonly state: TrainSummary['ending'] | 'unfinished';
  /** Batches done. */
  readonly steps: number;
  /** Of training. */
  readonly minutes: number;
}

/** Reads a run's folder. Throws `not-found` where there is no run, `bad-file` for one that cannot be read. */
export function readRun(folder: string): RunRecord {
  const path = join(folder, 'run.json');
  if (!existsSync(path))
    throw new RobencError('not-found', `${folder} is not a training run: it has no run.json. Give the folder that "robenc train" wrote.`, { field: 'run' });
  const records = readMetrics(folder);
  const summary = jsonOf<TrainSummary>(join(folder, 'summary.json'));
  const last = records.at(-1);
  const steps = Math.max(last?.step ?? 0, summary?.steps ?? 0);
  // A summary of an earlier start says nothing about what came after it.
  const current = summary !== null && summary.steps >= steps;
  return {
    folder,
    run: loadRunConfig(path),
    environment: jsonOf(join(folder, 'environment.json')),
    records,
    summary: current ? summary : null,
    state: current ? summary.ending : 'unfinished',
    steps,
    minutes: current ? summary.minutes : (last?.seconds ?? 0) / 60,
  };
}

/** The last validation of a run. */
export function lastValidation({ records }: RunRecord): StepRecord['validation'] {
  return records.findLast(({ validation }) => validation)?.validation;
}

/** The mean loss of the latest batches: single ones differ much. */
export function recentLoss({ records }: RunRecord, batches = 20): number | null {
  const recent = records.slice(-batches);
  return recent.length === 0 ? null : recent.reduce((sum, { loss }) => sum + loss, 0) / recent.length;
}

function jsonOf<T>(path: string): T | null {
  return existsSync(path) ? (readJson(path) as T) : null;
}
