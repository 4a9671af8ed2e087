/** @file Which image networks of TensorFlow.js are converted, and how far is the result from tfjs, beside tf2onnx's? */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkGraphs, eagerly, type Subject } from '@robenc/export/report/checks.js';
import { bothConversions } from '@robenc/export/tfjs/convert-model.js';
import { loadTfjsModel } from '@robenc/export/tfjs/load.js';
import { traceTfjsModel, type TracedModel } from '@robenc/export/tfjs/trace-model.js';
import { RobencError } from '@robenc/shared/errors.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import { markdownTable, type Bench, type BenchContext } from './bench.js';
import { linesOf, pythonOf } from './peers/python.js';
import { vit, unet } from './peers/tfjs-networks.js';

interface Made {
  readonly model: string;
  readonly graph: string;
  readonly layers: string;
  readonly layersRefused?: string;
  /** White, to the model; black is 0. */
  readonly scale: number;
}

const TOLERANCE = 1e-4;

const bench: Bench = {
  name: 'tfjs-models',
  question: "Which image networks of TensorFlow.js are converted, and how far is the result from tfjs, beside tf2onnx's?",
  async run(context) {
    const peer = pythonOf('tfjs');
    if ('absent' in peer) throw new RobencError('usage', `This benchmark needs its peer: ${peer.absent}.`);
    const folder = context.options['cases'] ?? join(context.scratch, 'cases');
    const rows: string[][] = [];
    for (const [name, make] of [
      ['U-Net of tf.layers', unet],
      ['ViT of tf.layers', vit],
    ] as const)
      rows.push([name, 'layers', ...(await ours(traceTfjsModel({ kind: 'layers', model: make() }, { nchw: false }))), 'reads no layers']);
    for await (const line of linesOf(peer.python, 'keras_models.py', [folder, '--only', context.options['only'] ?? DEFAULT])) {
      const made = line as Made;
      rows.push([made.model, 'graph', ...(await graphRow(made, peer.python, context))]);
      rows.push([made.model, 'layers', ...(await layersRow(made))]);
      for (const row of rows.slice(-2)) context.note(row.join(' | '));
    }
    const head = ['network', 'form', 'nodes', 'ours: distance from tfjs', 'tf2onnx: distance from tfjs', 'ours from tf2onnx'];
    return `Greatest relative distance (Euclidean, over one output) at batch sizes 1 and 2 on random pixels, from 0 to 1 or to 255 as the network wants them; tfjs in WebAssembly (in plain JavaScript where that lacks a kernel), graphs in ONNX Runtime on the CPU. ${TOLERANCE} passes.
Keras Applications with random weights, batch norms calibrated on noise, logits of 10 classes, images of 64 pixels (Inception 75); converted by tensorflowjs_converter 4.17.0 from TensorFlow 2.15.1, and by tf2onnx 1.16.1.

${markdownTable(
  head,
  rows.map((row) => [...row, ...new Array<string>(head.length - row.length).fill('')]),
)}`;
  },
};
export default bench;

/** What the issue of deployment is most often about; --only=REGEX takes others of keras_models.py. */
const DEFAULT = '^(mobilenet-v1|mobilenet-v2|mobilenet-v3-small|mobilenet-v3-large|efficientnet-b0|resnet50|inception-v3|densenet121|unet|vit-small)$';

async function distances(subjects: readonly Subject[], white = 1): Promise<string[]> {
  const checks = await checkGraphs(subjects, {
    batches: [1, 2],
    pixels: ['random'],
    devices: ['cpu'],
    classes: 2,
    tolerance: TOLERANCE,
    seed: 1,
    range: [0, white],
  });
  return subjects.map(({ graph, against }) => {
    const mine = checks.filter((check) => check.graph === graph && check.against === against);
    const worst = Math.max(...mine.map(({ maxRelativeError }) => maxRelativeError));
    return `${worst.toExponential(1)}${mine.every(({ passed }) => passed) ? '' : ' **over**'}`;
  });
}

async function ours({ graph, fn }: TracedModel, white = 1): Promise<string[]> {
  return [String(graph.nodes.length), ...(await distances([{ graph: 'trace', model: toOnnx(graph), against: 'tfjs', expected: eagerly(fn) }], white))];
}

async function graphRow({ graph: folder, scale }: Made, python: string, { note }: BenchContext): Promise<string[]> {
  const modelJson = join(folder, 'model.json');
  let row: string[];
  try {
    row = await ours(traceTfjsModel(await loadTfjsModel(modelJson), { nchw: false }), scale);
  } catch (error) {
    row = ['-', said(error)];
  }
  try {
    const signal = new AbortController().signal;
    const { graph, fn, tf2onnx } = await bothConversions({ modelJson, python, timeoutMs: 20 * 60_000, signal, size: undefined, tell: note });
    const own = await openSession(toOnnx(graph), { device: 'cpu' });
    try {
      return [
        ...row,
        ...(await distances(
          [
            { graph: 'tf2onnx', model: tf2onnx, against: 'tfjs', expected: eagerly(fn) },
            { graph: 'tf2onnx', model: tf2onnx, against: 'trace', expected: (feeds) => own.run(feeds) },
          ],
          scale,
        )),
      ];
    } finally {
      await own.close();
    }
  } catch (error) {
    return [...row, said(error)];
  }
}

async function layersRow({ layers, layersRefused, scale }: Made): Promise<string[]> {
  const modelJson = join(layers, 'model.json');
  if (!existsSync(modelJson)) return ['-', `no such form: ${layersRefused ?? 'not converted'}`];
  try {
    return [...(await ours(traceTfjsModel(await loadTfjsModel(modelJson), { nchw: false }), scale)), 'reads no layers'];
  } catch (error) {
    return ['-', said(error)];
  }
}

/** The first sentence of an error, without paths. */
function said(error: unknown): string {
  if (!(error instanceof RobencError)) throw error;
  return error.message
    .split('\n')[0]!
    .replaceAll(/\S*\/model\.json/g, 'the model')
    .replaceAll('|', '/')
    .slice(0, 160);
}
