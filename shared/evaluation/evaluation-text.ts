/** @file An evaluation as lines for people. */
import type { EvaluationReport } from '../config/evaluation.js';
import { constantsText } from './constants-text.js';
import { proportionText } from './intervals.js';
import { epsilonText } from './robust-accuracy.js';
import { textTable } from './text-table.js';

/** One row per threat model, one column per radius; under the table what the names mean and every constant of the attack. */
export function evaluationText({ results, threats, data, seed, warnings, neighbours }: EvaluationReport): string[] {
  const names = Object.keys(threats);
  const of = (name: string) => results.filter(({ threatModel }) => threatModel === name);
  const radii = of(names[0]!);
  const rows = names.map((name) => {
    const [first] = of(name);
    const clean = proportionText({ value: first!.cleanAccuracy, low: first!.cleanInterval[0], high: first!.cleanInterval[1] });
    return [name, clean, ...of(name).map(({ robustAccuracy: value, interval: [low, high] }) => proportionText({ value, low, high }))];
  });
  const crops = results.find((result) => result.crops !== null)?.crops;
  return [
    ...textTable(['threat model', 'clean [95 % interval]', ...radii.map(({ attack, norm, epsilon }) => `${attack} ${norm} ${epsilonText(epsilon)}`)], rows),
    `${data.images} images from ${data.name} (${data.split}), accuracies over all of them; seed ${seed}${crops ? `; aggregates over ${crops.count} ${crops.scheme}` : ''}.`,
    ...radii.map(({ attack, epsilon, options }) => `${attack} at ${epsilonText(epsilon)}: ${constantsText(options)}`),
    ...(neighbours === undefined
      ? []
      : [
          `neighbours: ${proportionText({ value: neighbours.accuracy, low: neighbours.interval[0], high: neighbours.interval[1] })} by votes of ${neighbours.k} of ${neighbours.bank} training images, temperature ${neighbours.temperature}, clean`,
        ]),
    ...Object.entries(threats).map(([name, text]) => `${name}: ${text}`),
    ...warnings.map((warning) => `WARNING ${warning}`),
  ];
}
