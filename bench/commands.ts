/** @file Steps that benchmarks share: train, fit heads and evaluate by the program's own commands; what is finished is not done again. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EvaluationReport } from '@robenc/shared/config/evaluation.js';
import { robenc } from '../cli/quickstart/command.js';

export interface Trained {
  readonly minutes: number;
  readonly imagesSeen: number;
  readonly epochs: number;
}

/** Trains into `folder` unless a finished run is there. */
export async function trained(folder: string, args: readonly string[]): Promise<Trained> {
  const summary = join(folder, 'summary.json');
  if (existsSync(summary)) {
    const found = JSON.parse(readFileSync(summary, 'utf8')) as Trained & { ending: string };
    if (found.ending !== 'stopped') return found;
  }
  return robenc<Trained>('train', ...args, '--out', folder, ...(existsSync(join(folder, 'run.json')) ? ['--resume'] : ['--force']));
}

/** Fits the heads of a run and attacks them, unless that was done. */
export async function evaluated(folder: string, fit: readonly string[], evaluate: readonly string[]): Promise<EvaluationReport> {
  const report = join(folder, 'evaluation', 'evaluation.json');
  if (existsSync(report)) return JSON.parse(readFileSync(report, 'utf8')) as EvaluationReport;
  await robenc('fit-head', folder, ...fit, '--force');
  return robenc<EvaluationReport>('evaluate', folder, ...evaluate, '--out', join(folder, 'evaluation'), '--force');
}

export interface Cell {
  readonly clean: number;
  readonly robust: readonly number[];
  readonly text: readonly string[];
}

/** Clean and robust accuracies of one threat model, as numbers and as `45.6 (43.2-48.1)` in per cent. */
export function cellsOf({ results }: EvaluationReport, threatModel: string): Cell {
  const mine = results.filter((result) => result.threatModel === threatModel);
  const say = (value: number, [low, high]: readonly [number, number]): string =>
    `${(100 * value).toFixed(1)} (${(100 * low).toFixed(1)}-${(100 * high).toFixed(1)})`;
  const [first] = mine;
  return {
    clean: first!.cleanAccuracy,
    robust: mine.map((result) => result.robustAccuracy),
    text: [say(first!.cleanAccuracy, first!.cleanInterval), ...mine.map((result) => say(result.robustAccuracy, result.interval))],
  };
}
