/** @file What a run on an ONNX file leaves: the same file with the trained weights, and how far the run's own graph is from it. */
import { dirname, join } from 'node:path';
import { outputDistance, type ParityRecord } from '@robenc/export/verify.js';
import { choose, type Named } from '@robenc/shared/config/named.js';
import type { RunConfig } from '@robenc/shared/config/run.js';
import type { Preprocessing } from '@robenc/shared/evaluation/preprocessing.js';
import { readBytes, writeFileAtomic } from '@robenc/shared/files.js';
import { decodeModel } from '@robenc/shared/proto/decode.js';
import { encodeModel } from '@robenc/shared/proto/encode.js';
import { DATA_LOCATION } from '@robenc/shared/proto/onnx.js';
import { dataToTensor, tensorToData } from '@robenc/shared/proto/tensor.js';
import { Random } from '@robenc/shared/math/random.js';
import type { TensorData } from '@robenc/shared/graph/value.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import type { Session } from '@robenc/shared/runtime/types.js';
import { encoders } from '../encoders/index.js';
import { onnxEncoder, sourceOf, type OnnxEncoderConfig } from '../encoders/onnx/onnx.js';
import { startingPoint, type ModelSource } from '../encoders/onnx/starting-point.js';
import type { Parameters } from '../tensors/parameters.js';
import type { Plan } from './plan.js';

/** Lies in the run's folder. Takes and gives what the file that the run began with takes and gives. */
export const FINE_TUNED = 'model.onnx';

/** The bytes of an ONNX file with other values in the initializers that `params` names; constants that lie in files beside it are brought in. */
export function withWeights(path: string, params: Readonly<Parameters>): Uint8Array {
  const model = decodeModel(readBytes(path, 'encoder.path'), path);
  const folder = dirname(path);
  const initializer = model.graph!.initializer.map((tensor) => {
    const trained = params[tensor.name];
    if (trained !== undefined) return dataToTensor(tensor.name, { dtype: 'float32', shape: trained.shape, data: trained.data });
    return tensor.dataLocation === DATA_LOCATION.external ? dataToTensor(tensor.name, tensorToData(tensor, { folder })) : tensor;
  });
  return encodeModel({ ...model, graph: { ...model.graph!, initializer } });
}

/** Writes the file into the folder of the run. */
export function writeFineTuned(run: RunConfig, params: Readonly<Parameters>): string {
  const file = join(run.out, FINE_TUNED);
  writeFileAtomic(file, withWeights(startOf(run)!.path, params));
  return file;
}

/** Where the encoder of a run comes from; null where it is not a file. */
export function startOf({ encoder }: RunConfig): OnnxEncoderConfig | null {
  return encoder.name === onnxEncoder.name ? (choose(encoders, encoder as Named, 'encoder').config as OnnxEncoderConfig) : null;
}

/** Whether what the run trains gives logits, so that it needs no head. */
export function isClassifier({ run, spec }: Plan): boolean {
  const start = startOf(run);
  return start !== null && start.projector === 'none' && spec.loss.use.rows === 'logits';
}

/** The run with the digest of the file that it starts from written down, so that it goes on with no other. */
export function withStart(run: RunConfig): RunConfig {
  const start = startOf(run);
  return start === null ? run : { ...run, encoder: { ...run.encoder, sha256: start.sha256 ?? startingPoint(sourceOf(start)).sha256 } as RunConfig['encoder'] };
}

/** The encoder graph of the run against that file on random pixels. */
export async function fineTunedParity(
  session: Session,
  source: ModelSource,
  params: Readonly<Parameters>,
  { images, size, seed, tolerance }: { images: number; size: number; seed: number; tolerance: number },
): Promise<ParityRecord> {
  const random = new Random(seed, 'fine-tuned parity');
  const pixels = Float32Array.from({ length: images * 3 * size * size }, () => random.next());
  const shape = [images, 3, size, size];
  const model = await openSession(withWeights(source.path, params), { device: 'cpu' });
  try {
    const [input] = model.inputs;
    const channels = input!.shape[source.layout === 'nchw' ? 1 : 3] === 1 ? 1 : 3;
    const output = source.output ?? (model.outputs.find(({ name }) => name === 'embedding') ?? model.outputs[0]!).name;
    const { [output]: expected } = await model.run({ [input!.name]: prepare(channels === 1 ? grey(pixels, size * size) : pixels, size, channels, source) }, [
      output,
    ]);
    const found = await session.run({ image: { dtype: 'float32', shape, data: pixels } }, ['embedding']);
    const flat = { ...expected!, shape: found['embedding']!.shape };
    const { relative, absolute } = outputDistance('encoder', { embedding: flat }, found, 'the ONNX file');
    return { graph: 'encoder', against: 'the ONNX file with the trained weights', maxRelativeError: relative, maxAbsoluteError: absolute, images, tolerance };
  } finally {
    await model.close();
  }
}

/** What the model is fed for pixels [images, channels, size, size] in [0,1], computed apart from the graph that is checked. */
function prepare(pixels: Float32Array, size: number, channels: 1 | 3, { layout, range, mean, std }: Preprocessing): TensorData {
  const [low, high] = range;
  const area = size * size;
  const images = pixels.length / (channels * area);
  const data = pixels.map((pixel, i) => {
    const channel = Math.floor(i / area) % channels;
    return (low + pixel * (high - low) - (mean[channel] ?? mean[0]!)) / (std[channel] ?? std[0]!);
  });
  if (layout === 'nchw') return { dtype: 'float32', shape: [images, channels, size, size], data };
  const last = data.map((_, i) => data[(Math.floor(i / (channels * area)) * channels + (i % channels)) * area + (Math.floor(i / channels) % area)]!);
  return { dtype: 'float32', shape: [images, size, size, channels], data: last };
}

/** One grey plane for three of red, green and blue (Rec. 601), as the graph of a grey model makes it. */
function grey(pixels: Float32Array, area: number): Float32Array {
  const at = (image: number, channel: number, place: number): number => pixels[(3 * image + channel) * area + place]!;
  return Float32Array.from({ length: pixels.length / 3 }, (_, i) => {
    const [image, place] = [Math.floor(i / area), i % area];
    return 0.299 * at(image, 0, place) + 0.587 * at(image, 1, place) + 0.114 * at(image, 2, place);
  });
}
