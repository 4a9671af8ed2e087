/** @file How far are robenc's input gradients from those of the frameworks that exported the models? */
import { join } from 'node:path';
import { RobencError } from '@robenc/shared/errors.js';
import { markdownTable, median, type Bench } from './bench.js';
import { compare, limitOf, type Compared, type GradientCase } from './peers/gradient-case.js';
import { linesOf, pythonOf, type Peer } from './peers/python.js';

/** The programs that make cases, and the peer that runs each. */
const MAKERS: readonly { readonly peer: Peer; readonly program: string }[] = [{ peer: 'torch', program: 'make_cases.py' }];

interface Row {
  readonly entry: GradientCase;
  readonly compared: Compared | null;
  readonly problem: string | null;
}

const bench: Bench = {
  name: 'gradients',
  question: 'How far are the input gradients from those of the frameworks that the models come from?',
  async run({ options, scratch, note }) {
    const folder = options['cases'] ?? join(scratch, 'cases');
    const rows: Row[] = [];
    for (const { peer, program } of MAKERS) {
      const found = pythonOf(peer);
      if ('absent' in found) throw new RobencError('usage', `This benchmark needs its peer: ${found.absent}.`);
      for await (const line of linesOf(found.python, program, [folder, '--only', options['only'] ?? '.'])) {
        const row = await rowOf(line as GradientCase);
        rows.push(row);
        note(`${row.entry.model} (${row.entry.exporter}): ${row.compared ? row.compared.gradient.toExponential(2) : row.problem}`);
      }
    }
    return report(rows);
  },
};
export default bench;

async function rowOf(entry: GradientCase): Promise<Row> {
  if (entry.refused !== undefined) return { entry, compared: null, problem: `not exported: ${entry.refused}` };
  if (entry.failed !== undefined) return { entry, compared: null, problem: `no reference: ${entry.failed}` };
  try {
    return { entry, compared: await compare(entry), problem: null };
  } catch (error) {
    if (!(error instanceof RobencError)) throw error;
    return { entry, compared: null, problem: error.message.replaceAll(entry.folder, '…').replaceAll('|', '\\|') };
  }
}

function report(rows: readonly Row[]): string {
  const compared = rows.filter((row): row is Row & { compared: Compared } => row.compared !== null);
  const within = compared.filter(({ entry, compared: { gradient } }) => gradient <= limitOf(entry));
  const families = new Set(compared.map(({ entry }) => entry.family)).size;
  const head = ['family', 'model', 'exporter', 'image', 'gradient', "PyTorch's own", 'logits', 'nodes', 'with gradient'];
  const table = compared.map(({ entry, compared: { gradient, logits, modelNodes, gradientNodes } }) => [
    entry.family,
    entry.model,
    entry.exporter,
    entry.shape.join('×'),
    `${gradient.toExponential(1)}${gradient <= limitOf(entry) ? '' : ' **over**'}`,
    entry.torchError.toExponential(1),
    logits.toExponential(1),
    modelNodes,
    gradientNodes,
  ]);
  const left = rows.filter(({ problem }) => problem !== null).map(({ entry, problem }) => `- ${entry.model} (${entry.exporter}): ${problem}`);
  return `Relative L2 distance of the gradient of the summed cross-entropy by the image to what the framework computes in float64, beside the framework's own error in float32 on the same image.
Random weights, batch norms calibrated on images; scales and offsets that a family starts at 0, 1 or 1e-6 are drawn anew. At most max(1e-4, 5 times PyTorch's own error) is asked for.
Where a network has kinks, the images are those of twelve on which PyTorch agrees best with itself, in float64 and in float32, there and on neighbours within rounding; robenc has no say in it.

${compared.length} files of ${families} families: ${within.length} within the limit, median ${compared.length === 0 ? '-' : median(compared.map((row) => row.compared.gradient)).toExponential(1)}.

${markdownTable(head, table)}
${left.length === 0 ? '' : `\nWithout a comparison:\n\n${left.join('\n')}\n`}`;
}
