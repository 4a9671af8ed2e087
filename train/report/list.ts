/** @file The runs of a folder as a table for terminals: how far each came, and what it was worth when it was last measured. */
import { relative } from 'node:path';
import { percent } from '@robenc/shared/evaluation/intervals.js';
import { textTable } from '@robenc/shared/evaluation/text-table.js';
import { tryRead, type Reading } from './find-runs.js';
import { lastValidation, recentLoss, type RunRecord } from './run-record.js';

/** A run in the list; all but the path and the reason are null where it cannot be read. */
export interface RunRow {
  /** Its folder as seen from the one that was listed; `.` for that itself. */
  readonly run: string;
  readonly state: RunRecord['state'] | 'unreadable';
  readonly reason: string | null;
  readonly steps: number | null;
  readonly planned: number | null;
  readonly minutes: number | null;
  readonly loss: number | null;
  readonly clean: number | null;
  readonly robust: number | null;
}

/** Rows for the runs at `paths`, named as seen from `folder`. */
export function runRows(folder: string, paths: readonly string[]): RunRow[] {
  return paths.map((path) => rowOf(relative(folder, path) || '.', tryRead(path)));
}

function rowOf(run: string, reading: Reading): RunRow {
  if ('reason' in reading) {
    const nothing = { steps: null, planned: null, minutes: null, loss: null, clean: null, robust: null };
    return { run, state: 'unreadable', reason: reading.reason, ...nothing };
  }
  const { record } = reading;
  const validation = lastValidation(record);
  const { state, steps, minutes, summary } = record;
  return {
    run,
    state,
    reason: null,
    steps,
    planned: summary?.stepsPlanned ?? null,
    minutes,
    loss: recentLoss(record),
    clean: validation?.clean ?? null,
    robust: validation?.robust ?? null,
  };
}

/** The rows as lines. */
export function runTable(rows: readonly RunRow[]): string[] {
  const cells = rows.map(({ run, state, steps, planned, minutes, loss, clean, robust }) => [
    run,
    state,
    steps === null ? '-' : planned === null ? String(steps) : `${steps}/${planned}`,
    minutes?.toFixed(1) ?? '-',
    loss?.toPrecision(4) ?? '-',
    clean === null ? '-' : percent(clean),
    robust === null ? '-' : percent(robust),
  ]);
  return textTable(['run', 'state', 'batches', 'minutes', 'loss', 'clean', 'robust'], cells);
}
