/** @file Embeddings of a whole data set, of images or of the mean over their crops. */
import type { Batch } from '../attacks/attack.js';
import { imageAt, type ImageSet } from '../data/image-set.js';
import { RobencError } from '../errors.js';
import { toOnnx } from '../graph/to-onnx.js';
import { floats, type Graph } from '../graph/value.js';
import { openPool } from '../runtime/pool.js';
import type { DeviceRequest, Session } from '../runtime/types.js';
import { encoderShape } from './classifier-graph.js';
import { cutCrops, type CropPlan } from './crops.js';
import { batchSizeFor, groupedBatches, imageId, pixelBatches } from './pixels.js';

export interface EmbedJob {
  readonly encoder: Graph;
  /** In the encoder's input size. */
  readonly set: ImageSet;
  /** null: whole images; else the mean over the crops of each. */
  readonly crops: CropPlan | null;
  readonly workers: number;
  readonly device?: DeviceRequest;
  readonly signal?: AbortSignal;
  readonly progress?: (progress: { done: number; total: number }) => void;
}

/** An encoder that embeds batches; it must be closed. */
export interface Embedder {
  readonly shape: ReturnType<typeof encoderShape>;
  readonly workers: number;
  /** Embeddings [count, size] of x [count,3,H,W], or the means over the crops of x [count,crops,3,H,W]. */
  embed(x: Batch): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Throws `mismatch` when the images have another size than the encoder takes. */
export async function openEmbedder({ encoder, set, crops, workers, device }: EmbedJob): Promise<Embedder> {
  const shape = encoderShape(encoder);
  if (shape.channels !== 3 || shape.height !== set.height || shape.width !== set.width)
    throw new RobencError(
      'mismatch',
      `The encoder takes ${shape.channels} x ${shape.height} x ${shape.width} pixels, and the images have 3 x ${set.height} x ${set.width}.`,
    );
  const session = await openPool(toOnnx(encoder), { workers, threads: 1, ...(device && { device }) });
  return { shape, workers: session.workers, embed: (x) => meanEmbeddings(session, x, shape, crops?.count ?? 1), close: () => session.close() };
}

/** [set.count, size], in the order of the set. Throws as `openEmbedder`. */
export async function embedSet(job: EmbedJob): Promise<Float32Array> {
  const { encoder, set, crops, signal } = job;
  const shape = encoderShape(encoder);
  const several = crops?.count ?? 1;
  const batches = crops === null ? pixelBatches(set) : groupedBatches(set, set, several, (index) => cutCrops(crops, imageId(set, index), imageAt(set, index)));
  // An encoder with a fixed batch gets exactly that; whole groups of crops must fit in it.
  const fixed = typeof shape.batch === 'number' ? shape.batch : null;
  if (fixed !== null && crops !== null)
    throw new RobencError('unsupported', `The encoder takes exactly ${fixed} images at a time; means over crops need a free batch size.`);
  const size = fixed ?? batchSizeFor(set, job.workers, several);
  const embedder = await openEmbedder(job);
  const result = new Float32Array(set.count * shape.size);
  const starts = Array.from({ length: Math.ceil(set.count / size) }, (_, i) => i * size);
  let done = 0;
  const workOff = async (): Promise<void> => {
    for (let start = starts.shift(); start !== undefined; start = starts.shift()) {
      if (signal?.aborted) throw new RobencError('cancelled', 'Computing embeddings was stopped.');
      const count = Math.min(size, set.count - start);
      const x = batches(Array.from({ length: fixed ?? count }, (_, i) => start + (i < count ? i : 0)));
      result.set((await embedder.embed(x)).subarray(0, count * shape.size), start * shape.size);
      job.progress?.({ done: (done += count), total: set.count });
    }
  };
  try {
    await Promise.all(Array.from({ length: embedder.workers }, workOff));
  } finally {
    await embedder.close();
  }
  return result;
}

/** Embeddings of a batch, averaged over the `several` images of each item. */
async function meanEmbeddings(
  session: Session,
  x: Batch,
  { input, output, size, height, width }: ReturnType<typeof encoderShape>,
  several: number,
): Promise<Float32Array> {
  const outputs = await session.run({ [input]: floats(x.data, [x.count * several, 3, height, width]) }, [output]);
  const rows = outputs[output]!.data as Float32Array;
  if (several === 1) return rows;
  return Float32Array.from({ length: x.count * size }, (_, i) => {
    let sum = 0;
    for (let crop = 0; crop < several; crop++) sum += rows[(Math.floor(i / size) * several + crop) * size + (i % size)]!;
    return sum / several;
  });
}
