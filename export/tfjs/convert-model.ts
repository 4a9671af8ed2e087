/** @file From a TensorFlow.js model to ONNX: by our own tracer, or by tf2onnx; either way compared with tfjs. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RobencError } from '@robenc/shared/errors.js';
import { fromOnnx } from '@robenc/shared/graph/from-onnx.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import type { Graph } from '@robenc/shared/graph/value.js';
import { convertWithTf2onnx, type Tf2onnxJob } from '../tf2onnx/convert.js';
import { checkGraphs, eagerly, type Check } from '../report/checks.js';
import { loadTfjsModel, type TfjsModel } from './load.js';
import { traceTfjsModel, type ImageSize, type TracedModel } from './trace-model.js';

export interface TfjsConversionJob extends Omit<Tf2onnxJob, 'output' | 'opset'> {
  readonly via: 'trace' | 'tf2onnx';
  /** For models that leave height and width free. */
  readonly size: ImageSize | undefined;
  /** What black and white are to the model; 0 and 1 when left out. Images of another range can drive a network to where rounding is all that is left. */
  readonly range?: readonly [number, number] | undefined;
  /** Greatest relative error from tfjs that passes. */
  readonly tolerance: number;
}

export interface TfjsConversion {
  readonly bytes: Uint8Array;
  /** The graph of `bytes`. Images are as tfjs has them, [batch, height, width, channels]. */
  readonly graph: Graph;
  readonly checks: readonly Check[];
}

/** The operator set that tf2onnx is asked for: the newest that version 1.16 knows well. */
const TF2ONNX_OPSET = 17;

/** Converts, and compares with the model in tfjs on two images. Throws `mismatch` naming by how much the two differ, and what loading, tracing and tf2onnx throw. */
export async function convertTfjs(job: TfjsConversionJob): Promise<TfjsConversion> {
  const opened = await loadTfjsModel(job.modelJson);
  const { graph, fn } = traceTfjsModel(opened, { size: job.size, nchw: false });
  const bytes = job.via === 'trace' ? toOnnx(graph) : await tf2onnxBytes(job, opened);
  const checks = await checkGraphs([{ graph: job.via, model: bytes, against: 'tfjs', expected: eagerly(fn) }], {
    batches: [2],
    pixels: ['random'],
    devices: ['cpu'],
    classes: 2,
    tolerance: job.tolerance,
    seed: 0,
    signal: job.signal,
    ...(job.range && { range: job.range }),
  });
  const wrong = checks.find(({ passed }) => !passed);
  if (wrong !== undefined)
    throw new RobencError(
      'mismatch',
      `The graph of ${job.via} differs from ${wrong.against} by ${wrong.maxRelativeError.toExponential(2)} (at most ${job.tolerance}). Nothing was written.`,
    );
  return { bytes, graph: job.via === 'trace' ? graph : fromOnnx(bytes), checks };
}

/** The model's graph and function as the tracer sees them, and tf2onnx's ONNX of the same model beside it. */
export async function bothConversions(job: Omit<TfjsConversionJob, 'via' | 'tolerance' | 'range'>): Promise<TracedModel & { readonly tf2onnx: Uint8Array }> {
  const opened = await loadTfjsModel(job.modelJson);
  const traced = traceTfjsModel(opened, { size: job.size, nchw: false });
  return { ...traced, tf2onnx: await tf2onnxBytes(job, opened) };
}

async function tf2onnxBytes(job: Omit<TfjsConversionJob, 'via' | 'tolerance' | 'size' | 'range'>, { kind }: TfjsModel): Promise<Uint8Array> {
  if (kind === 'layers')
    throw new RobencError(
      'unsupported',
      `${job.modelJson} is a model of layers, and tf2onnx reads graph models only. Leave tf2onnx out, or convert the model first with tensorflowjs_converter --output_format tfjs_graph_model.`,
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
