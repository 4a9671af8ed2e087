/** @file From a TensorFlow.js model to one ONNX file: by our own tracer, or by tf2onnx and compared with ours. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RobencError } from '@robenc/shared/errors.js';
import { writeFileAtomic } from '@robenc/shared/files.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { convertWithTf2onnx, type Tf2onnxJob } from '../tf2onnx/convert.js';
import { verifyGraphs, type Check } from '../report/report.js';
import { loadTfjsModel } from './load.js';
import { traceTfjsModel } from './trace-model.js';

export interface TfjsExportJob extends Omit<Tf2onnxJob, 'output' | 'modelJson' | 'opset'> {
  readonly modelJson: string;
  readonly output: string;
  readonly via: 'trace' | 'tf2onnx';
  /** For models that leave height and width free. */
  readonly size: { readonly height: number; readonly width: number } | undefined;
  readonly tolerance: number;
}

/** The operator set that tf2onnx is asked for: the newest that version 1.16 knows well. */
const TF2ONNX_OPSET = 17;

/**
 * Writes the ONNX file, after it was compared with the model in tfjs on two images. With tf2onnx the inputs keep tfjs's order of axes, as tf2onnx leaves them.
 * Throws `mismatch` naming the output that differs; nothing is written then.
 */
export async function exportTfjs(job: TfjsExportJob): Promise<readonly Check[]> {
  const opened = await loadTfjsModel(job.modelJson);
  const { graph, fn } = traceTfjsModel(opened, { size: job.size, nchw: false });
  const bytes = job.via === 'trace' ? toOnnx(graph) : await byTf2onnx(job, opened.kind);
  const checks = await verifyGraphs([{ graph: job.via, model: bytes, fn }], {
    batches: [2],
    pixels: ['random'],
    devices: ['cpu'],
    classes: 2,
    tolerance: job.tolerance,
    seed: 0,
    signal: job.signal,
  });
  const wrong = checks.find(({ passed }) => !passed);
  if (wrong !== undefined)
    throw new RobencError(
      'mismatch',
      `The graph of ${job.via} differs from ${wrong.against} by ${wrong.maxRelativeError.toExponential(2)} (at most ${job.tolerance}). Nothing was written.`,
    );
  writeFileAtomic(job.output, bytes);
  return checks;
}

async function byTf2onnx(job: TfjsExportJob, kind: 'layers' | 'graph'): Promise<Uint8Array> {
  if (kind === 'layers')
    throw new RobencError(
      'unsupported',
      `${job.modelJson} is a model of layers, and tf2onnx reads graph models only. Leave --via out, or convert it first with tensorflowjs_converter --output_format tfjs_graph_model.`,
      { field: 'via' },
    );
  const scratch = mkdtempSync(join(tmpdir(), 'robenc-tf2onnx-'));
  try {
    const output = join(scratch, 'model.onnx');
    await convertWithTf2onnx({ ...job, output, opset: TF2ONNX_OPSET });
    return readFileSync(output);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
