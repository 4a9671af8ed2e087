/** @file How far are robenc's input gradients from those of the frameworks that exported the models? */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { RobencError } from '@robenc/shared/errors.js';
import { writeFileAtomic } from '@robenc/shared/files.js';
import { markdownTable, median, type Bench } from './bench.js';
import { compare, limitOf, writeGradient, type Compared, type GradientCase } from './peers/gradient-case.js';
import { linesOf, pythonOf, type Peer } from './peers/python.js';

/** The programs that make cases, and the peer that runs each. */
const MAKERS: readonly { readonly peer: Peer; readonly program: string }[] = [
  { peer: 'torch', program: 'make_cases.py' },
  { peer: 'tensorflow', program: 'make_keras_cases.py' },
];

interface Row {
  readonly entry: GradientCase;
  readonly compared: Compared | null;
  readonly problem: string | null;
  /** What branches.py says of a gradient over its limit. */
  readonly branches?: Branches;
}

interface Branches {
  readonly units: number;
  readonly others: number;
  readonly farthest: number;
  readonly forced: number;
}

const bench: Bench = {
  name: 'gradients',
  question: 'How far are the input gradients from those of the frameworks that the models come from?',
  async run({ options, scratch, note }) {
    const folder = options['cases'] ?? join(scratch, 'cases');
    const rows: Row[] = [];
    const absent: string[] = [];
    for (const { peer, program } of MAKERS) {
      const found = pythonOf(peer);
      if ('absent' in found) {
        note(found.absent);
        absent.push(found.absent);
        continue;
      }
      for await (const line of linesOf(found.python, program, [folder, '--only', options['only'] ?? '.'])) {
        const row = await rowOf(line as GradientCase, peer === 'torch' ? found.python : null, options['resume'] === 'yes');
        rows.push(row);
        note(`${row.entry.model} (${row.entry.exporter}): ${row.compared ? row.compared.gradient.toExponential(2) : row.problem}`);
      }
    }
    if (rows.length === 0) throw new RobencError('usage', `There is nothing to compare: ${absent.join('; ') || 'no model has such a name'}.`);
    return report(rows);
  },
};
export default bench;

/** Compares a case, or takes what an earlier run left in its folder. `python` has PyTorch, where the case is of PyTorch. */
async function rowOf(entry: GradientCase, python: string | null, resume: boolean): Promise<Row> {
  if (entry.refused !== undefined) return { entry, compared: null, problem: `not exported: ${entry.refused}` };
  if (entry.failed !== undefined) return { entry, compared: null, problem: `no reference: ${entry.failed}` };
  const kept = join(entry.folder, 'compared.json');
  if (resume && existsSync(kept)) return { ...(JSON.parse(readFileSync(kept, 'utf8')) as Omit<Row, 'entry'>), entry };
  const found = await freshly(entry, python);
  writeFileAtomic(kept, JSON.stringify(found));
  return { ...found, entry };
}

async function freshly(entry: GradientCase, python: string | null): Promise<Omit<Row, 'entry'>> {
  try {
    const compared = await compare(entry);
    // branches.py knows float32 models without quantisation.
    if (compared.gradient <= limitOf(entry) || python === null || entry.limit !== undefined) return { compared, problem: null };
    return { compared, problem: null, branches: await branchesOf(entry, python) };
  } catch (error) {
    if (!(error instanceof RobencError)) throw error;
    return { compared: null, problem: error.message.replaceAll(entry.folder, '…').replaceAll('|', '\\|') };
  }
}

/** Whether a gradient over its limit is that of other branches at kinks. */
async function branchesOf(entry: GradientCase, python: string): Promise<Branches> {
  const path = join(entry.folder, 'gradient.onnx');
  writeGradient(entry, path);
  try {
    for await (const line of linesOf(python, 'branches.py', [entry.folder, path])) return line as Branches;
    throw new Error('branches.py said nothing');
  } finally {
    rmSync(path);
  }
}

function report(rows: readonly Row[]): string {
  const compared = rows.filter((row): row is Row & { compared: Compared } => row.compared !== null);
  const within = compared.filter(({ entry, compared: { gradient } }) => gradient <= limitOf(entry));
  const over = compared.filter(({ entry, compared: { gradient } }) => !(gradient <= limitOf(entry)));
  const explained = over.filter(({ entry, branches }) => branches && branches.forced <= limitOf(entry));
  const families = new Set(compared.map(({ entry }) => entry.family)).size;
  const head = ['family', 'model', 'exporter', 'image', 'gradient', 'its own', 'logits', 'nodes', 'with gradient'];
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
Random weights, batch norms calibrated on images; scales and offsets that a family starts at 0, 1 or 1e-6 are drawn anew. At most max(1e-4, 5 times the framework's own error) is asked for.
Where a network has kinks, the images are those of 24 on which the framework agrees best with itself, in float64 and in float32, there and on neighbours that differ by 1e-6; robenc has no say in it.

${compared.length} files of ${families} families: ${within.length} within the limit, ${explained.length} more on the same branches; median ${compared.length === 0 ? '-' : median(compared.map((row) => row.compared.gradient)).toExponential(1)}.
${over.length === 0 ? '' : branchesText(over)}
${markdownTable(head, table)}
${left.length === 0 ? '' : `\nWithout a comparison:\n\n${left.join('\n')}\n`}`;
}

/** Of gradients over the limit: how far they are from PyTorch's float64 on the branches that the float32 graph takes. */
function branchesText(rows: readonly Row[]): string {
  const head = ['model', 'exporter', 'gradient', 'ReLUs and windows', 'on another branch', 'farthest from its kink', 'gradient on the same branches'];
  const table = rows.map(({ entry, compared, branches }) => [
    entry.model,
    entry.exporter,
    compared!.gradient.toExponential(1),
    ...(branches ? [branches.units, branches.others, branches.farthest.toExponential(1), branches.forced.toExponential(1)] : ['-', '-', '-', '-']),
  ]);
  return `
Over the limit are networks of ReLUs and max-poolings some of which lie so close to their kinks that float32 in ONNX Runtime takes another branch than float64. \`bench/peers/branches.py\` reads off which branches the graph takes and lets PyTorch compute the gradient in float64 on these: what is left is rounding.
Distances from the kink are relative to the root mean square of what the layer gets. A dash stands where this was not asked.

${markdownTable(head, table)}
`;
}
