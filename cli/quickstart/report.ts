/** @file What the quickstart prints at its end: one table, where every file is, and what to try next. */
import { textTable } from '@robenc/shared/evaluation/text-table.js';
import { commandLine } from './command.js';
import type { Served } from './serving.js';
import { EPSILON, type Scores } from './training.js';

export function table({ untrained, trained, aggregate, images }: Scores): string {
  const cell = (value: number, [low, high]: readonly [number, number]): string =>
    `${(100 * value).toFixed(1)} % (${(100 * low).toFixed(1)}-${(100 * high).toFixed(1)})`;
  const rows = (
    [
      ['untrained encoder, linear head', untrained],
      ['CF-AMC-SSL, linear head', trained],
      ['CF-AMC-SSL, mean of 8 crops', aggregate],
    ] as const
  ).map(([name, score]) => [name, cell(score.clean, score.cleanInterval), cell(score.robust, score.robustInterval)]);
  const head = [`accuracy on ${images} images (95 % interval)`, 'clean', `under PGD-10 at ${EPSILON}`];
  return [...textTable(head, rows)].join('\n');
}

export function describeRun({ trainSummary, parity, package: built, sample, data }: Scores, { lines, url }: Served, minutes: number): string {
  const worst = Math.max(...parity.map((record) => record.maxRelativeError));
  const next = [
    ['serve', '--models', built.folder.replace(/[\\/][^\\/]+[\\/][^\\/]+$/, ''), '--port', '8080'],
    ['classify', built.folder, sample],
    ['audit', built.folder, '--data', data, '--eps', EPSILON, '--limit', '200'],
    ['differentiate', `${built.folder}/classifier.onnx`, '--wrt', 'image', '--loss', 'cross-entropy', '-o', 'gradient.onnx'],
    ['train', 'configs/cifar10-cf-amc-ssl-cpu.json', '--data', 'cifar-10-binary.tar.gz'],
  ];
  return [
    `Trained ${trainSummary.minutes.toFixed(1)} minutes on ${trainSummary.imagesSeen} images (replays counted); ${minutes.toFixed(1)} minutes in all.`,
    `Every exported graph agrees with tfjs within ${worst.toExponential(1)} (relative).`,
    '',
    `The server at ${url} said of ${sample}:`,
    ...lines.map((line) => `  ${line}`),
    '',
    `run:     ${trainSummary.folder}`,
    `package: ${built.folder} (${built.name}@${built.version})`,
    '',
    'Next:',
    ...next.map((args) => `  ${commandLine(args)}`),
  ].join('\n');
}
