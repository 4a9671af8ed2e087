/** @file The report of a run as one HTML file: how it went, what it looked at, and how to make it again. */
import { percent } from '@robenc/shared/evaluation/intervals.js';
import { card, factsTable, page, section } from '@robenc/shared/page.js';
import { escapeMarkup } from '@robenc/shared/markup.js';
import { curveSections, intervalOf } from './curves.js';
import { environmentOf, settingsOf } from './facts.js';
import { lastValidation, recentLoss, type RunRecord } from './run-record.js';

/** How a run ended, in words. */
export const STATES: Readonly<Record<RunRecord['state'], string>> = {
  done: 'done',
  time: 'ended after its minutes',
  stopped: 'stopped',
  unfinished: 'under way, or interrupted',
};

/** The document; `pictures` are sections about its views and embeddings (see pictures.ts). */
export function runReport(record: RunRecord, pictures: readonly string[]): string {
  return page(`Training run ${record.run.name}`, [
    headline(record),
    ...curveSections([{ name: '', record }]),
    ...pictures,
    section('Settings', `<p class="note">In <code>run.json</code>, with all defaults.</p>${factsTable(settingsOf(record))}`),
    section('Machine', factsTable(environmentOf(record))),
  ]);
}

function headline(record: RunRecord): string {
  const { steps, minutes, state, summary } = record;
  const [loss, validation] = [recentLoss(record), lastValidation(record)];
  const interval = (kind: 'clean' | 'robust') => {
    const { low, high } = intervalOf(validation!, kind);
    return `95 % interval ${percent(low)} to ${percent(high)}, ${validation!.images} images`;
  };
  const cards = [
    card('training', `${minutes.toFixed(1)} min`, [`${steps}${summary ? ` of ${summary.stepsPlanned}` : ''} batches`, STATES[state]]),
    ...(loss === null ? [] : [card('loss', loss.toPrecision(4), ['mean of the last 20 batches'])]),
    ...(validation ? [card('clean, by neighbours', percent(validation.clean), [interval('clean')])] : []),
    ...(validation ? [card('robust, by neighbours', percent(validation.robust), [interval('robust')])] : []),
  ];
  const data = summary
    ? `<p>${summary.data.images} images of ${escapeMarkup(summary.data.name)}, ${summary.epochs.toFixed(2)} epochs, seed ${summary.seed}; engine ${escapeMarkup(summary.engine)} on ${escapeMarkup(summary.device)}. SHA-256 of the final state <code>${summary.stateDigest}</code>.</p>`
    : '';
  return `<section><div class="cards">${cards.join('')}</div>${data}</section>`;
}
