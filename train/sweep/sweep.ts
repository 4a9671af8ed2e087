/** @file Works off a sweep: one run after another or several at once, what is done not done again, what fails set aside with its reason. */
import { join } from 'node:path';
import { RobencError } from '@robenc/shared/errors.js';
import { claimOutputFolder, writeFileAtomic } from '@robenc/shared/files.js';
import { folderStore } from '@robenc/shared/jobs/store.js';
import { runWorkList } from '@robenc/shared/jobs/work-list.js';
import { lastValidation, readRun, recentLoss } from '../report/run-record.js';
import { digestOf } from '../run/folder.js';
import type { FromRun } from './messages.js';
import type { SweepPlan, SweepRun } from './plan.js';
import { runInProcess } from './run-handle.js';

/** A run in the table of results. */
export interface SweepRow {
  readonly id: string;
  readonly folder: string;
  readonly changes: Readonly<Record<string, unknown>>;
  readonly state: 'done' | 'failed' | 'not done';
  /** Why it failed. */
  readonly reason: string | null;
  readonly batches: number | null;
  readonly minutes: number | null;
  readonly loss: number | null;
  /** Accuracy of neighbours at the last validation. */
  readonly clean: number | null;
  readonly robust: number | null;
}

export interface SweepResult {
  readonly folder: string;
  readonly complete: boolean;
  readonly runs: readonly SweepRow[];
}

export interface SweepOptions {
  readonly signal: AbortSignal;
  readonly note: (line: string) => void;
  readonly report: (id: string, message: Extract<FromRun, { kind: 'step' }>, done: number) => void;
}

/** Runs the sweep, or what is left of it. Where the signal fires, runs under way are saved and the rest is left for the next start; the table is written in any case. */
export async function runSweep({ folder, parallel, runs }: SweepPlan, { signal, note, report }: SweepOptions): Promise<SweepResult> {
  claimOutputFolder(folder, { resume: true });
  const store = folderStore(join(folder, 'results'));
  // With the digest of the run: changed settings are another run.
  const nameOf = ({ id, run }: SweepRun) => `${id}-${digestOf(run).slice(0, 12)}`;
  let done = runs.filter((one) => store.has(nameOf(one))).length;
  const outcome = await runWorkList<SweepRun>({
    list: { chains: runs.length, steps: 1, idOf: (chain) => nameOf(runs[chain]!), payload: (chain) => runs[chain]! },
    store,
    parallel,
    signal,
    setAside: true,
    async execute(_, { id, run }) {
      note(`${id}: started`);
      const hear = (message: Extract<FromRun, { kind: 'note' | 'step' }>) =>
        message.kind === 'note' ? note(`${id}: ${message.line}`) : report(id, message, done);
      const summary = await runInProcess(run, { signal, hear }).catch((error: unknown) => {
        if (!signal.aborted) note(`${id}: failed: ${(error as Error).message}`);
        throw error;
      });
      if (summary.ending === 'stopped') throw new RobencError('cancelled', `${id} was stopped.`);
      done += 1;
      note(`${id}: ${summary.ending === 'time' ? 'its minutes are over' : 'done'}`);
      return new TextEncoder().encode(JSON.stringify(summary));
    },
  }).catch((error: unknown) => {
    if (signal.aborted) return { complete: false, failures: [] };
    throw error;
  });
  const reasons = new Map(outcome.failures.map((failure) => [failure.id, failure.message]));
  const result = { folder, complete: outcome.complete, runs: runs.map((one) => rowOf(one, store.has(nameOf(one)), reasons.get(nameOf(one)) ?? null)) };
  writeFileAtomic(join(folder, 'sweep.json'), `${JSON.stringify(result, null, 2)}\n`);
  return result;
}

function rowOf({ id, run, changes }: SweepRun, isDone: boolean, reason: string | null): SweepRow {
  const row = { id, folder: run.out, changes, state: isDone ? 'done' : reason === null ? 'not done' : 'failed', reason } as const;
  let record;
  try {
    record = readRun(run.out);
  } catch {
    // It was never begun, or what it left cannot be read: then there is nothing to tell of it.
    return { ...row, batches: null, minutes: null, loss: null, clean: null, robust: null };
  }
  const validation = lastValidation(record);
  return {
    ...row,
    batches: record.steps,
    minutes: record.minutes,
    loss: recentLoss(record),
    clean: validation?.clean ?? null,
    robust: validation?.robust ?? null,
  };
}
