/** @file report.html: one file without scripts and without anything from the network, for light and dark screens and for paper. */
import type { AuditFlag, AuditRadius, AuditReport } from '@robenc/shared/config/audit.js';
import { constantsText } from '@robenc/shared/evaluation/constants-text.js';
import { percent } from '@robenc/shared/evaluation/intervals.js';
import { epsilonText } from '@robenc/shared/evaluation/robust-accuracy.js';
import { certificateSection } from './certificate.js';
import { corruptionsSection } from './corruptions.js';
import { curveChart, waterfallChart } from './charts.js';
import type { Example } from './examples.js';
import { exampleFigures } from './figures.js';
import { attacked, boundsText, radiusText, firstLookText } from './text.js';
import { escapeMarkup } from '@robenc/shared/markup.js';
import { card, factsTable, page, section } from '@robenc/shared/page.js';

/** The whole document. Images are PNG files inside it. */
export async function htmlReport(report: AuditReport, examples: readonly Example[], command: string | null): Promise<string> {
  const title = `Audit of ${report.model.package ?? report.model.path}`;
  const sections = [
    headline(report),
    flags(report.flags),
    ...(report.certificate === undefined && attacked(report).length > 0
      ? [section('What each attack left', report.results.map(waterfallSection).join('')), section('Accuracy by radius', curveChart(report))]
      : [certificateSection(report)]),
    corruptionsSection(report),
    report.results[0]!.classes.length > 0 ? section('By class', classTable(report)) : '',
    examples.length > 0 ? section('Broken images that the model was surest of', await exampleFigures(examples, report)) : '',
    section('How it was done', details(report, command)),
  ];
  return page(title, sections);
}

function headline(report: AuditReport): string {
  const first = report.results[0]!;
  const accuracy = (name: string, value: number, [low, high]: readonly [number, number], note: string) =>
    card(name, percent(value), [`95 % interval ${percent(low)} to ${percent(high)}`, note]);
  const cards = [
    accuracy(
      report.certificate === undefined ? 'without an attack' : 'smoothed, at radius 0',
      first.cleanAccuracy,
      first.cleanInterval,
      `${first.cleanCorrect} of ${first.images} images`,
    ),
    ...attacked(report).map((one) =>
      accuracy(
        `${one.norm} ${radiusText(report, one.epsilon)}, ${one.attack}`,
        one.robustAccuracy,
        one.interval,
        `${one.robustCorrect} of ${one.images} images, ${one.robustShareOfCorrect === null ? 'none were right' : `${percent(one.robustShareOfCorrect)} of the right ones`}`,
      ),
    ),
  ];
  const state = !report.reliable
    ? '<p class="bad"><b>Not reliable.</b> A critical flag was raised: the true robust accuracy may be lower than what stands here.</p>'
    : !report.complete
      ? `<p class="warn"><b>Not complete:</b> ${escapeMarkup(report.incomplete ?? '')}. ${boundsText(report)}</p>`
      : report.failUnder === null
        ? ''
        : report.passed
          ? `<p class="good"><b>Passed:</b> at least ${report.failUnder} at every radius.</p>`
          : `<p class="bad"><b>Failed:</b> below ${report.failUnder} at a radius.</p>`;
  return `<section>${state}<div class="cards">${cards.join('')}</div><p>Accuracies are over all images; one that is wrong without an attack is not robust. ${claimText(report)} Threat model <b>${escapeMarkup(report.threatModel.name)}</b>: ${escapeMarkup(report.threatModel.text)}.</p></section>`;
}

/** What accuracies under attack, or certified ones, are to be taken for. */
function claimText(report: AuditReport): string {
  if (report.certificate === undefined && attacked(report).length === 0) return 'No attack was made.';
  if (report.certificate === undefined) return `A robust accuracy is an upper bound: another attack may break more. ${firstLookText(report).join('')}`;
  return 'A certified accuracy is a lower bound, and one of the smoothed classifier, not of the model itself.';
}

function flags(list: readonly AuditFlag[]): string {
  if (list.length === 0) return section('Flags', '<p>None: no sign was found that gradients are hidden.</p>');
  const items = list.map(({ code, severity, message }) => `<li class="${severity}"><b>${severity} ${escapeMarkup(code)}</b> ${escapeMarkup(message)}</li>`);
  return section('Flags', `<ul class="flags">${items.join('')}</ul>`);
}

function waterfallSection(result: AuditRadius): string {
  const rows = result.stages.map(
    ({ attack, attacked, broken, survivors, gradients, queries, unverified, options }) =>
      `<tr><td>${escapeMarkup(attack)}</td><td>${attacked}</td><td>${broken}</td><td>${survivors}</td><td>${gradients}</td><td>${queries}</td><td>${unverified}</td><td class="text">${escapeMarkup(constantsText(options))}</td></tr>`,
  );
  return `<h3>${escapeMarkup(`${result.norm} ${epsilonText(result.epsilon)}`)}</h3>${waterfallChart(result)}<div class="wide"><table><thead><tr><th>attack</th><th>attacked</th><th>broken</th><th>stand after it</th><th>gradients</th><th>points</th><th>not confirmed</th><th class="text">constants</th></tr></thead><tbody>${rows.join('')}</tbody></table></div><p>${result.eightBit.broken} of ${result.eightBit.of} adversarial images are still misclassified when saved with 8 bits.</p>`;
}

function classTable(report: AuditReport): string {
  const { results } = report;
  const head = results.map(({ epsilon }) => `<th>${escapeMarkup(radiusText(report, epsilon))}</th>`).join('');
  const cell = (count: number, images: number) => `<td>${images === 0 ? '-' : percent(count / images)}</td>`;
  const rows = results[0]!.classes.map(({ name, images, cleanCorrect }, i) => {
    const robust = results.map(({ classes }) => cell(classes[i]!.robustCorrect, images)).join('');
    return `<tr><td class="text">${escapeMarkup(name)}</td><td>${images}</td>${cell(cleanCorrect, images)}${robust}</tr>`;
  });
  return `<div class="wide"><table><thead><tr><th class="text">class</th><th>images</th><th>clean</th>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function details(report: AuditReport, command: string | null): string {
  const { model, data, preset } = report;
  const rows: readonly (readonly [string, string])[] = [
    ['model', `${model.path}, SHA-256 ${model.sha256}`],
    ['input, output', `${model.input}; ${model.output}`],
    ['data', `${data.path} (${data.format}, ${data.split}), ${data.images} images of ${data.height}x${data.width}`],
    ['preset', `${preset.name}, all constants: SHA-256 ${preset.sha256}`],
    ...(preset.draws > 1 ? [['random model', `means over ${preset.draws} draws; ${preset.votes} passes vote on each claim`] as const] : []),
    ['seed, device', `${report.seed}, ${report.device}`],
    ['made', `${report.createdAt}, in ${report.seconds.toFixed(0)} s`],
    ...report.assumptions.map(({ name, value, source }) => [`${name} (${source})`, value] as const),
  ];
  const again = command === null ? '' : `<p>To make it again:</p><pre>${escapeMarkup(command)}</pre>`;
  return again + factsTable(rows);
}
