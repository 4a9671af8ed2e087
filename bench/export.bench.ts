/** @file How long do export, verification and loading take, and how large is a package? */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fromOnnx } from '@robenc/shared/graph/from-onnx.js';
import { openPackage } from '@robenc/shared/package/open.js';
import { listedFiles } from '@robenc/shared/package/sums.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import { robenc } from '../cli/quickstart/command.js';
import { markdownTable, median, type Bench } from './bench.js';
import { UNTRAINED, untrainedRun, type Untrained } from './untrained.js';

const LOADS = 5;

const bench: Bench = {
  name: 'export',
  question: 'How long do export, verification and loading take, and how large is a package?',
  async run({ scratch, note }) {
    const rows: (string | number)[][] = [];
    for (const encoder of Object.keys(UNTRAINED) as Untrained[]) {
      const run = await untrainedRun(encoder, scratch);
      const seconds = async <T>(work: () => Promise<T>): Promise<readonly [number, T]> => {
        const start = performance.now();
        const value = await work();
        return [(performance.now() - start) / 1000, value];
      };
      const models = join(scratch, 'models');
      const [exporting, exported] = await seconds(() => robenc<{ readonly folder: string }>('export', run, '--models', models));
      note(`${encoder}: export ${exporting.toFixed(1)} s`);
      const [verifying] = await seconds(() => robenc('verify', exported.folder, '--source', run, '--device', 'cpu'));
      note(`${encoder}: verify ${verifying.toFixed(1)} s`);
      const loads: number[] = [];
      for (let i = 0; i < LOADS; i++) loads.push((await seconds(() => load(exported.folder)))[0]);
      const { manifest } = await openPackage(exported.folder);
      const all = listedFiles(manifest).reduce((sum, { bytes }) => sum + bytes, 0) + statSync(join(exported.folder, 'manifest.json')).size;
      const parameters = 4 * parametersOf(exported.folder);
      rows.push([
        `\`${encoder}\``,
        exporting.toFixed(1),
        verifying.toFixed(1),
        median(loads).toFixed(2),
        (all / 1e6).toFixed(2),
        (manifest.files.weights!.bytes / 1e6).toFixed(2),
        (all / manifest.files.weights!.bytes).toFixed(3),
        (all / parameters).toFixed(3),
      ]);
    }
    const head = [
      'encoder',
      'export, s',
      'full verification, s',
      'load, s',
      'package, MB',
      'weights file, MB',
      'package / weights file',
      'package / encoder and heads in float32',
    ];
    return `A package of every graph but the attack, with both heads (2 crops). Export is the whole command with its quick verification on two images; verification compares 7 graphs (random images in batches of 1, 2 and 5, four extreme images) with tfjs in WebAssembly, on the CPU alone.
Loading checks the digests of all files and opens encoder and classifier, the files being in the memory of the system; the middle of ${LOADS}. Times are those of this machine in the state that it was in.

${markdownTable(head, rows)}`;
  },
};
export default bench;

/** As a server does before it answers the first request. */
async function load(folder: string): Promise<void> {
  const opened = await openPackage(folder);
  for (const role of ['encoder', 'classifier'] as const) await (await openSession(opened.path(role)!)).close();
}

/** Floating-point constants of the classifier (encoder and head) and of the head on crops. */
function parametersOf(folder: string): number {
  const graphs = ['classifier.onnx', 'aggregate-head.onnx'].map((name) => fromOnnx(join(folder, name)));
  const constants = graphs.flatMap(({ nodes }) => nodes.flatMap(({ inputs }) => inputs.flatMap((value) => (value?.data?.dtype === 'float32' ? [value] : []))));
  return [...new Set(constants)].reduce((sum, { data }) => sum + data!.data.length, 0);
}
