/** @file `robenc audit diff`: what changed from one audit to another? */
import { resolve } from 'node:path';
import { defineCommand } from '@robenc/shared/config/command.js';
import { EXIT } from '@robenc/shared/errors.js';
import { epsilonText } from '@robenc/shared/evaluation/robust-accuracy.js';
import { textTable } from '@robenc/shared/evaluation/text-table.js';
import { diffAudits } from '../diff.js';

/** Below this p-value a loss counts with --fail-on-loss. */
const LEVEL = 0.05;

export default defineCommand({
  name: 'audit diff',
  summary: 'compare two audits of the same images, image by image',
  details:
    "Reads audit.json and samples.csv of both folders. The p-value is that of McNemar's exact test: how likely so uneven a split of the images that changed is, if the two models are equally robust.",
  examples: ['robenc audit diff audits/before audits/after', 'robenc audit diff audits/before audits/after --fail-on-loss'],
  arguments: { before: { description: 'the folder of an audit' }, after: { description: 'the folder of another one' } },
  options: { failOnLoss: { type: 'boolean', description: `exit with 1 when robust accuracy fell at a radius, with a p-value below ${LEVEL}` } },
  async run({ before, after, failOnLoss }, context) {
    const diff = diffAudits(resolve(context.cwd, before), resolve(context.cwd, after));
    const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
    context.stdout(`Before: ${diff.models[0]}`);
    context.stdout(`After: ${diff.models[1]}`);
    const all = [
      { name: 'no attack', ...diff.clean },
      ...diff.results.map((one) => ({ name: `${one.norm} ${one.norm === 'linf' ? epsilonText(one.epsilon) : one.epsilon}`, ...one })),
    ];
    const rows = all.map((one) => [
      one.name,
      String(one.images),
      percent(one.before),
      percent(one.after),
      String(one.lost),
      String(one.gained),
      one.pValue.toPrecision(2),
    ]);
    for (const line of textTable(['radius', 'images', 'before', 'after', 'lost', 'gained', 'p-value'], rows)) context.stdout(line);
    if (diff.corruptions !== null) context.stdout(`Mean corruption error: ${percent(diff.corruptions[0])} before, ${percent(diff.corruptions[1])} after.`);
    for (const warning of diff.warnings) context.stderr(`Note: ${warning}.`);
    context.result(diff);
    return failOnLoss && diff.results.some(({ lost, gained, pValue }) => lost > gained && pValue < LEVEL) ? EXIT.belowThreshold : EXIT.done;
  },
});
