/** @file Runs side by side as one HTML file: results, settings that differ, curves over each other, and the pictures of each. */
import { percent } from '@robenc/shared/evaluation/intervals.js';
import { page, section, valuesTable } from '@robenc/shared/page.js';
import { escapeMarkup } from '@robenc/shared/markup.js';
import { curveSections, type NamedRun } from './curves.js';
import { differences, type Row } from './facts.js';
import { STATES } from './report.js';
import { lastValidation, recentLoss } from './run-record.js';

/** `pictures` are the sections of each run, in the order of the runs. */
export function compareReport(runs: readonly NamedRun[], pictures: readonly (readonly string[])[]): string {
  const names = runs.map(({ name }) => name);
  const differing = differences(runs.map(({ record }) => record));
  const shown = runs
    .map(({ name }, i) => (pictures[i]!.length === 0 ? '' : `<div class="side"><h2>${escapeMarkup(name)}</h2>${pictures[i]!.join('')}</div>`))
    .join('');
  return page(`Training runs ${names.join(', ')}`, [
    section('Results', valuesTable(['', ...names], resultRows(runs))),
    section('Settings that differ', differing.length === 0 ? '<p>None but names and folders.</p>' : valuesTable(['setting', ...names], differing)),
    ...curveSections(runs),
    shown === '' ? '' : `<div class="sides">${shown}</div>`,
  ]);
}

/** How the runs went: a row for each number, a column for each run. */
export function resultRows(runs: readonly NamedRun[]): Row[] {
  const row = (name: string, value: (run: NamedRun) => string): Row => [name, ...runs.map(value)];
  const share = (kind: 'clean' | 'robust') => (run: NamedRun) => {
    const validation = lastValidation(run.record);
    return validation ? percent(validation[kind]) : '-';
  };
  return [
    row('state', ({ record }) => STATES[record.state]),
    row('batches', ({ record }) => `${record.steps}${record.summary ? ` of ${record.summary.stepsPlanned}` : ''}`),
    row('minutes', ({ record }) => record.minutes.toFixed(1)),
    row('loss', ({ record }) => recentLoss(record)?.toPrecision(4) ?? '-'),
    row('clean, by neighbours', share('clean')),
    row('robust, by neighbours', share('robust')),
  ];
}

/** What runs are called beside each other: their names where these differ, else their folders. */
export function namesOf(records: readonly NamedRun['record'][]): NamedRun[] {
  const names = records.map(({ run }) => run.name);
  const unique = new Set(names).size === names.length;
  return records.map((record) => ({ name: unique ? record.run.name : record.folder, record }));
}
