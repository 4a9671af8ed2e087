/** @file The rows of the paper's table on two cores: every method, adversary and view with its CPU twin, beside the published figures, and the paper's findings as checks. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { RobencError } from '@robenc/shared/errors.js';
import { markdownTable, type Bench } from './bench.js';
import { cellsOf, evaluated, trained, type Cell } from './commands.js';
import { PAPER_ROWS, PAPER_EPOCHS, type Adversary, type Method, type Scheme } from './paper-figures.js';

interface Entry {
  readonly method: Method;
  readonly adversary: Adversary;
  readonly scheme: Scheme;
}

/** A trained and evaluated row. */
interface Row extends Entry {
  readonly minutes: number;
  readonly epochs: number;
  readonly image: Cell;
  readonly crops: Cell;
}

const bench: Bench = {
  name: 'paper-table-cpu',
  question: "How do the paper's methods compare when each is trained for some minutes on two cores?",
  async run({ options, scratch, note }) {
    const { data, images = '1000' } = options;
    if (data === undefined)
      throw new RobencError(
        'usage',
        'Give CIFAR-10: npm run bench paper-table-cpu -- --data=DIR [--runs=DIR to keep and reuse runs] [--images=1000 to attack] [--share=1 of the epochs of the run files] [--lanes=1 rows at once].',
      );
    const [share, lanes] = [Number(options['share'] ?? 1), Number(options['lanes'] ?? 1)];
    const threads = String(Math.max(1, Math.floor(availableParallelism() / lanes)));
    const runs = options['runs'] ?? scratch;
    const measure = async (entry: Entry): Promise<Row> => {
      const name = Object.values(entry).join('-');
      const file = `configs/cpu/cifar10/${name}.json`;
      const { epochs } = JSON.parse(readFileSync(file, 'utf8')) as { epochs: number };
      const run = join(runs, name);
      const summary = await trained(run, [
        file,
        '--data',
        data,
        '--epochs',
        String(Number((share * epochs).toFixed(4))),
        '--threads',
        threads,
        '--set',
        'maxMinutes=60',
      ]);
      const report = await evaluated(
        run,
        ['--data', data, '--limit', '5000', '--crops', '8', '--workers', threads],
        [
          ...['--data', data, '--limit', images, '--workers', threads, '--threats', 'image,aggregate-crops'],
          ...['--eps', '4/255,8/255', '--steps', '20', '--step-size', '0.01'],
        ],
      );
      const row = { ...entry, ...summary, image: cellsOf(report, 'image'), crops: cellsOf(report, 'aggregate-crops') };
      note(`${name}: ${row.minutes.toFixed(1)} minutes, ${row.image.text.join(', ')}`);
      return row;
    };
    const rows = await inLanes(entries(), lanes, measure);
    const head = [
      'method',
      'adversary',
      'view',
      'minutes',
      'epochs',
      'clean',
      '4/255',
      '8/255',
      '8 crops: clean',
      '4/255',
      '8/255',
      'paper: minutes',
      'clean',
      '4/255',
      '8/255',
    ];
    return `Accuracy in per cent with exact 95 % intervals on ${images} test images. Ours: \`resnet-small\` on 5,000 training images, ${lanes} rows at once on ${threads} of ${availableParallelism()} cores each, ${share} times the epochs of its file in configs/cpu/cifar10 (which are chosen so that rows take equal time), 8 views for EMP-SSL and 2 for the pair losses, heads fitted on the same images; white-box PGD-20 (Linf, step 0.01) on the image, and for the mean over 8 crops on every crop by itself, which is the paper's threat.
The paper: ResNet-18 on all of CIFAR-10, 10 to 500 epochs on a GPU, evaluated on crops. What differs besides: a JPEG copy of CIFAR-10, a tenth of its images, a network of a hundredth of the arithmetic. A dash: the paper has no such row.

${markdownTable(head, rows.map(cells))}

## The paper's findings on these rows

${markdownTable(['finding', 'here', 'holds'], findings(rows))}`;
  },
};
export default bench;

function entries(): Entry[] {
  return (Object.keys(PAPER_ROWS) as Method[]).flatMap((method) =>
    (['none', 'pgd', 'free'] as const).flatMap((adversary) => (['crops', 'patches'] as const).map((scheme) => ({ method, adversary, scheme }))),
  );
}

/** So many at a time, in their order. */
async function inLanes<A, B>(items: readonly A[], lanes: number, work: (item: A) => Promise<B>): Promise<B[]> {
  const results: B[] = [];
  const left = items.entries();
  const lane = async (): Promise<void> => {
    for (const [i, item] of left) results[i] = await work(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}

function cells({ method, adversary, scheme, minutes, epochs, image, crops }: Row): (string | number)[] {
  const paper = PAPER_ROWS[method][adversary]?.[scheme];
  return [method, adversary, scheme, minutes.toFixed(1), epochs.toFixed(1), ...image.text, ...crops.text, ...(paper ?? ['-', '-', '-', '-'])];
}

function findings(rows: readonly Row[]): (string | number)[][] {
  const of = (method: Method, adversary: Adversary, scheme: Scheme): Row =>
    rows.find((row) => row.method === method && row.adversary === adversary && row.scheme === scheme)!;
  const robust = ({ image }: Row): number => image.robust[0]!;
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const verdict = (holds: boolean): string => (holds ? 'yes' : 'no');
  const pairs = (['emp-ssl', 'simclr'] as const).flatMap((method) =>
    (['pgd', 'free'] as const).map((adversary) => [of(method, adversary, 'crops'), of(method, adversary, 'patches')] as const),
  );
  const better = pairs.filter(([crops, patches]) => robust(crops) > robust(patches)).length;
  const [pgd, free] = [of('emp-ssl', 'pgd', 'crops'), of('emp-ssl', 'free', 'crops')];
  const share = ((free.minutes / free.epochs) * PAPER_EPOCHS.free) / ((pgd.minutes / pgd.epochs) * PAPER_EPOCHS.pgd);
  const robustPairs = (['pgd', 'free'] as const).map((adversary) => [of('emp-ssl', adversary, 'crops'), of('simclr', adversary, 'crops')] as const);
  return [
    [
      'crops beat patches (robust accuracy at 4/255, adversarial EMP-SSL and SimCLR)',
      pairs.map(([crops, patches]) => `${crops.method} ${crops.adversary}: ${percent(robust(crops))} against ${percent(robust(patches))}`).join('; '),
      verdict(better === pairs.length),
    ],
    [
      "free training costs less than a quarter of PGD-5's time at the paper's epochs (10 against 30)",
      `${share.toFixed(2)} of the time, from minutes per epoch here`,
      verdict(share < 0.25),
    ],
    [
      'and loses no robust accuracy (4/255, equal minutes here)',
      `${percent(robust(free))} against ${percent(robust(pgd))}`,
      verdict(robust(free) >= robust(pgd)),
    ],
    [
      'EMP-SSL beats SimCLR at equal time (4/255, crops)',
      robustPairs.map(([emp, simclr]) => `${emp.adversary}: ${percent(robust(emp))} against ${percent(robust(simclr))}`).join('; '),
      verdict(robustPairs.every(([emp, simclr]) => robust(emp) > robust(simclr))),
    ],
  ];
}
