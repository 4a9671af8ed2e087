/** @file How robust do encoders become on 5,000 CIFAR-10 photographs in at most 12 minutes of training each? */
import { join } from 'node:path';
import { RobencError } from '@robenc/shared/errors.js';
import { markdownTable, type Bench } from './bench.js';
import { cellsOf, evaluated, trained } from './commands.js';

const METHODS = [
  { title: 'untrained', folder: 'untrained', args: ['configs/cifar10-emp-ssl-cpu.json', '--max-steps', '0'] },
  { title: 'EMP-SSL', folder: 'emp-ssl', args: ['configs/cifar10-emp-ssl-cpu.json'] },
  { title: 'EMP-SSL + PGD-5', folder: 'emp-ssl-pgd5', args: ['configs/cifar10-emp-ssl-pgd5-cpu.json'] },
  { title: 'CF-AMC-SSL (m = 3)', folder: 'cf-amc-ssl', args: ['configs/cifar10-cf-amc-ssl-cpu.json'] },
] as const;

const bench: Bench = {
  name: 'cifar10',
  question: 'How robust do encoders become on 5,000 CIFAR-10 photographs in at most 12 minutes of training on two cores?',
  async run({ options, scratch, note }) {
    const data = options['data'];
    if (data === undefined)
      throw new RobencError('usage', 'Give the folder of the CIFAR-10 binary files: npm run bench cifar10 -- --data=DIR [--runs=DIR to keep and reuse runs].');
    const runs = options['runs'] ?? scratch;
    const images = options['images'] ?? '1000';
    const rows = [];
    for (const { title, folder, args } of METHODS) {
      const run = join(runs, folder);
      const summary = await trained(run, [...args, '--data', data]);
      const report = await evaluated(
        run,
        ['--data', data, '--limit', '5000', '--crops', '8'],
        ['--data', data, '--limit', images, '--eps', '4/255,8/255', '--steps', '20', '--step-size', '0.01', '--threats', 'image,aggregate-image'],
      );
      const [whole, aggregate] = [cellsOf(report, 'image'), cellsOf(report, 'aggregate-image')];
      note(`${title}: ${whole.text.join(', ')}`);
      rows.push([title, summary.minutes.toFixed(1), summary.imagesSeen, ...whole.text, ...aggregate.text]);
    }
    const head = ['training', 'minutes', 'images seen', 'clean', '4/255', '8/255', '8 crops: clean', '4/255', '8/255'];
    return `Accuracy in per cent with exact 95 % intervals on ${images} test images; \`resnet-small\` (16, 32, 64 channels, embedding 512), 8 crops of each of 5,000 training images, batch 100.
The attack is white-box PGD-20 on the image (Linf, step 0.01, random start, every iterate counts), through encoder and head, and through all 8 crops for the aggregate. Heads are linear, fitted on the same 5,000 images.
Images seen counts every replay of a batch; passes of PGD that only move the perturbation are not counted.\n\n${markdownTable(head, rows)}`;
  },
};
export default bench;
