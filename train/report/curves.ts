/** @file Curves of runs against the minutes of training, one curve for each run. */
import { plainNumber } from '@robenc/shared/charts/axis.js';
import { lineChart, type Point, type Series } from '@robenc/shared/charts/lines.js';
import { proportion } from '@robenc/shared/evaluation/intervals.js';
import { section } from '@robenc/shared/page.js';
import { escapeMarkup } from '@robenc/shared/markup.js';
import type { StepRecord } from '../run/metrics.js';
import type { Validation } from '../validation/validation.js';
import type { RunRecord } from './run-record.js';

/** A run and what it is called in legends. */
export interface NamedRun {
  readonly name: string;
  readonly record: RunRecord;
}

const PERCENT = { from: 0, to: 1, format: (value: number) => `${plainNumber(100 * value)} %` };

/** Loss and its parts, accuracies, learning rate, gradient and speed: everything that `metrics.jsonl` tells. */
export function curveSections(runs: readonly NamedRun[]): string[] {
  const parts = [...new Set(runs.flatMap(({ record }) => Object.keys(record.records.at(-1)?.parts ?? {})))];
  const loss = [chart('loss', runs, ({ loss }) => loss), ...parts.map((part) => chart(part, runs, (record) => record.parts[part] ?? NaN))];
  const pace = [
    chart('learning rate', runs, ({ learningRate }) => learningRate),
    chart('length of the gradient', runs, ({ gradientNorm }) => gradientNorm),
    chart('crops per second', runs, ({ viewsPerSecond }) => viewsPerSecond),
  ];
  return [
    section('Loss and its parts', `<p class="note">Of the last replay of each batch; parts before their weights.</p>${loss.join('')}`),
    section('Accuracy of nearest neighbours', accuracy(runs)),
    section('Learning rate, gradient and speed', pace.join('')),
  ];
}

function chart(title: string, runs: readonly NamedRun[], value: (record: StepRecord) => number): string {
  const series = runs.map(({ name, record }) => ({ name, points: record.records.map((one) => ({ x: one.seconds / 60, y: value(one) })) }));
  return `<h3>${escapeMarkup(title)}</h3>${lineChart({ series, x: { label: 'minutes' }, y: {} })}`;
}

function accuracy(runs: readonly NamedRun[]): string {
  const validated = runs.filter(({ record }) => record.records.some(({ validation }) => validation));
  if (validated.length === 0)
    return '<p>Not measured: the run file has no <code>validation</code>. It may be added to a run that goes on with <code>--resume</code>.</p>';
  const first = validated[0]!;
  const { epsilon, steps, k } = first.record.run.validation ?? {};
  const how = `<p class="note">Held-out images whose ${k ?? ''} nearest neighbours among training images are of their class, as they are and after PGD-${steps ?? '?'} on the embedding at ${escapeMarkup(String(epsilon ?? '?'))}; bands are 95 % intervals.</p>`;
  const of =
    (kind: 'clean' | 'robust') =>
    (run: NamedRun): Series => ({ name: runs.length === 1 ? kind : run.name, points: shares(run.record, kind), dots: 'all' });
  if (runs.length === 1) return how + lineChart({ series: [of('clean')(first), of('robust')(first)], x: { label: 'minutes' }, y: PERCENT });
  const drawn = (['clean', 'robust'] as const).map(
    (kind) => `<h3>${kind}</h3>${lineChart({ series: runs.map(of(kind)), x: { label: 'minutes' }, y: PERCENT })}`,
  );
  return how + drawn.join('');
}

function shares({ records }: RunRecord, kind: 'clean' | 'robust'): Point[] {
  return records.flatMap(({ seconds, validation }) => (validation ? [{ x: seconds / 60, y: validation[kind], ...intervalOf(validation, kind) }] : []));
}

/** Exact, as everywhere. */
export function intervalOf({ images, ...shown }: Validation, kind: 'clean' | 'robust'): { low: number; high: number } {
  const { low, high } = proportion(Math.round(shown[kind] * images), images);
  return { low, high };
}
