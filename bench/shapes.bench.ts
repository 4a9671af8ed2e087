/** @file Does CF-AMC-SSL buy robustness at equal images seen, over several seeds, on the built-in data set? */
import { join } from 'node:path';
import { markdownTable, type Bench } from './bench.js';
import { cellsOf, evaluated, trained } from './commands.js';

/** Over configs/quickstart.json, for all: a run that is long enough for the encoders to come to rest learns better at a higher rate. */
const COMMON = ['--set', 'maxMinutes=600', '--set', 'optimizer.learningRate=0.6'];
/** Of the adversary: radius and step in training. */
const ADVERSARY = ['--epsilon', '2/255', '--set', 'adversary.stepSize=0.003'];
/** Labelled images that the heads are fitted on. */
const LABELLED = 20_000;

/** The rows of one seed: flags for runs that match a CF-AMC-SSL run of `epochs` epochs. */
const METHODS = [
  { key: 'plain', title: 'no adversary', args: (epochs: number) => ['--adversary', 'none', '--set', `epochs=${3 * epochs}`] },
  { key: 'free', title: 'CF-AMC-SSL (m = 3)', args: (epochs: number) => [...ADVERSARY, '--set', `epochs=${epochs}`] },
] as const;

const bench: Bench = {
  name: 'shapes',
  question: 'Does CF-AMC-SSL buy robustness on the built-in data set at equal images seen, over several seeds?',
  async run({ options, scratch, note }) {
    const runs = options['runs'] ?? scratch;
    const seeds = (options['seeds'] ?? '0,1,2').split(',');
    const epochs = Number(options['epochs'] ?? 12);
    const rows = [];
    const measured: Record<(typeof METHODS)[number]['key'], { clean: number; robust: number }>[] = [];
    for (const seed of seeds) {
      const cells = [];
      for (const { key, title, args } of METHODS) {
        const run = join(runs, `${key}-${seed}`);
        const summary = await trained(run, ['configs/quickstart.json', ...COMMON, ...args(epochs), '--seed', seed]);
        const report = await evaluated(
          run,
          ['--limit', String(LABELLED), '--crops', '0', '--weight-decay', '0.0001,0.001,0.01,0.1,1', '--seed', seed],
          ['--limit', '1000', '--eps', '4/255', '--steps', '20', '--step-size', '2/255', '--threats', 'image', '--seed', seed],
        );
        const { text, clean, robust } = cellsOf(report, 'image');
        cells.push([key, { clean, robust: robust[0]! }] as const);
        note(`seed ${seed}, ${title}: ${text.join(', ')}`);
        rows.push([seed, title, summary.imagesSeen, summary.minutes.toFixed(1), ...text]);
      }
      measured.push(Object.fromEntries(cells) as (typeof measured)[number]);
    }
    const gain = (what: 'clean' | 'robust'): string => {
      const points = measured.map(({ free, plain }) => 100 * (free[what] - plain[what]));
      return `${points.map((point) => point.toFixed(1)).join(', ')} (mean ${(points.reduce((a, b) => a + b) / points.length).toFixed(1)})`;
    };
    return `Accuracy of the linear head (fitted on ${LABELLED} clean images) in per cent with exact 95 % intervals, 1,000 test images; the attack is white-box PGD-20 on the image at 4/255 (step 2/255, random start).
Images seen counts every replay of a batch. Free training replays each batch three times, so the run without an adversary has three times the epochs, and three times as many crops that differ.
The adversary trains at 2/255, chosen among 1.5, 2 and 3 of 255 on seed 0, whose row is flattered by that. The minutes are those of a busy machine.

${markdownTable(['seed', 'training', 'images seen', 'minutes', 'clean', 'PGD-20 at 4/255'], rows)}

Points of CF-AMC-SSL over no adversary, by seed: clean ${gain('clean')}; under attack ${gain('robust')}.`;
  },
};
export default bench;
