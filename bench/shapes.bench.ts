/** @file Does CF-AMC-SSL buy robustness at equal images seen, over several seeds, on the built-in data set? */
import { join } from 'node:path';
import { markdownTable, type Bench } from './bench.js';
import { cellsOf, evaluated, trained } from './commands.js';

const bench: Bench = {
  name: 'shapes',
  question: 'Does CF-AMC-SSL buy robustness on the built-in data set at equal images seen, over three seeds?',
  async run({ options, scratch, note }) {
    const runs = options['runs'] ?? scratch;
    const seeds = (options['seeds'] ?? '0,1,2').split(',');
    const rows = [];
    const gains: { clean: number; robust: number; overUntrained: number }[] = [];
    for (const seed of seeds) {
      const methods = [
        { title: 'untrained', folder: `untrained-${seed}`, args: ['--max-steps', '0'] },
        // Free training replays every batch three times: three times the epochs see as many images.
        { title: 'no adversary', folder: `none-${seed}`, args: ['--adversary', 'none', '--set', 'epochs=36'] },
        { title: 'CF-AMC-SSL', folder: `free-${seed}`, args: ['--set', 'epochs=12'] },
      ];
      const cells = [];
      for (const { title, folder, args } of methods) {
        const run = join(runs, folder);
        const summary = await trained(run, ['configs/quickstart.json', '--set', 'maxMinutes=60', ...args, '--seed', seed]);
        const report = await evaluated(
          run,
          ['--limit', '2000', '--crops', '0', '--seed', seed],
          ['--limit', '1000', '--eps', '4/255', '--steps', '20', '--step-size', '2/255', '--threats', 'image', '--seed', seed],
        );
        const cell = cellsOf(report, 'image');
        cells.push(cell);
        note(`seed ${seed}, ${title}: ${cell.text.join(', ')}`);
        rows.push([seed, title, summary.imagesSeen, summary.minutes.toFixed(1), ...cell.text]);
      }
      const [untrained, none, free] = cells as [(typeof cells)[0], (typeof cells)[0], (typeof cells)[0]];
      gains.push({ clean: free.clean - none.clean, robust: free.robust[0]! - none.robust[0]!, overUntrained: free.clean - untrained.clean });
    }
    const points = (values: readonly number[]): string =>
      `${values.map((value) => (100 * value).toFixed(1)).join(', ')} (mean ${((100 * values.reduce((a, b) => a + b)) / values.length).toFixed(1)})`;
    return `Accuracy of the linear head in per cent with exact 95 % intervals, 1,000 test images; the attack is white-box PGD-20 on the image at 4/255 (step 2/255, random start).

${markdownTable(['seed', 'training', 'images seen', 'minutes', 'clean', 'PGD-20 at 4/255'], rows)}

Points by seed:
- CF-AMC-SSL over the untrained encoder, clean: ${points(gains.map(({ overUntrained }) => overUntrained))}
- CF-AMC-SSL over no adversary, under attack: ${points(gains.map(({ robust }) => robust))}
- CF-AMC-SSL over no adversary, clean: ${points(gains.map(({ clean }) => clean))}`;
  },
};
export default bench;
