/** @file Metrics of a run as JSON lines, one per batch; on resuming, lines past the checkpoint are dropped. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, RobencError } from '@robenc/shared/errors.js';
import { writeFileAtomic } from '@robenc/shared/files.js';
import type { Validation } from '../validation/validation.js';

export interface StepRecord {
  /** Batches done, from 1. */
  readonly step: number;
  readonly epoch: number;
  readonly loss: number;
  readonly parts: Readonly<Record<string, number>>;
  readonly gradientNorm: number;
  readonly learningRate: number;
  /** Seconds of training so far. */
  readonly seconds: number;
  /** Of which the step waited for data. */
  readonly waited: number;
  readonly viewsPerSecond: number;
  /** Where the state after this batch was validated. */
  readonly validation?: Validation;
}

/** A line for each batch, added while the run trains: it can be read at any time. */
export function metricsPath(folder: string): string {
  return join(folder, 'metrics.jsonl');
}

/** All whole lines. */
export function readMetrics(folder: string): StepRecord[] {
  const path = metricsPath(folder);
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return line === '' ? [] : [JSON.parse(line) as StepRecord];
      } catch {
        // A kill in the middle of a write leaves a part of a line; the step it told of is done again.
        return [];
      }
    });
}

/** Drops what came after batch `step`. @returns the rest. */
export function rewindMetrics(folder: string, step: number): StepRecord[] {
  const kept = readMetrics(folder).filter((record) => record.step <= step);
  writeFileAtomic(metricsPath(folder), kept.map((record) => `${JSON.stringify(record)}\n`).join(''));
  return kept;
}

/** Adds the line of one batch. Throws `io` saying how to go on. */
export function appendMetrics(folder: string, record: StepRecord): void {
  try {
    appendFileSync(metricsPath(folder), `${JSON.stringify(record)}\n`);
  } catch (cause) {
    throw new RobencError('io', `Could not write ${metricsPath(folder)}: ${messageOf(cause)}. Free some space, then go on with --resume.`, {
      cause,
      field: metricsPath(folder),
    });
  }
}
