/** @file The oracle of a classifier graph: its logits and gradients from ONNX Runtime, in as many worker threads as are wanted. */
import type { Batch, Oracle } from '../attacks/attack.js';
import { gather, imageSize } from '../attacks/batch.js';
import { differentiate } from '../autodiff/differentiate.js';
import { RobencError } from '../errors.js';
import { toOnnx } from '../graph/to-onnx.js';
import { describeType, floats, type Graph, type TensorData } from '../graph/value.js';
import { MARGIN_RANKS } from '../autodiff/losses/margins.js';
import { marginGraph } from './margin-graph.js';
import { openPool, type Pool } from '../runtime/pool.js';
import type { DeviceName, DeviceRequest, Session, Tensors } from '../runtime/types.js';

/** Feeds besides the pixels, for a batch of images: the crop matrices of those images. */
export type ExtraFeeds = (x: Batch) => Tensors;

export interface OracleOptions {
  /** Worker threads, each with a session of one thread: for small models faster than one session with many. */
  readonly workers: number;
  readonly device?: DeviceRequest;
  readonly feeds?: ExtraFeeds;
  /** Operators that gradients pass as if they copied their first input (straight-through; BPDA of Athalye et al., arXiv 1802.00420). */
  readonly straightThrough?: readonly string[];
}

/** Inputs besides the pixels: whole numbers per image, and tensors that all images share. */
interface PerImage {
  readonly indices: Readonly<Record<string, Int32Array>>;
  readonly shared: Tensors;
}

const NONE: PerImage = { indices: {}, shared: {} };

/** An oracle that must be closed. */
export interface OpenOracle extends Oracle {
  /** Shape of one image. */
  readonly shape: readonly number[];
  readonly workers: number;
  readonly device: DeviceName;
  readonly notice: string | null;
  close(): Promise<void>;
}

/**
 * Opens `classifier`, whose input `image` [batch, ...shape] has fixed sizes but for the batch, and whose output `logits` [batch, classes] has not gone through a softmax.
 * Throws `unsupported` for another shape, or where a node has no gradient, naming it.
 */
export async function openOracle(classifier: Graph, { workers, device = 'cpu', feeds = () => ({}), straightThrough = [] }: OracleOptions): Promise<OpenOracle> {
  const { shape, classes } = classifierShape(classifier);
  const run = runner(classifier, feeds);
  const gradientGraph = differentiate(classifier, { wrt: 'image', loss: 'cross-entropy', output: 'logits', straightThrough }).graph;
  const options = { workers, threads: 1, device };
  const [forward, gradient] = await openAll([toOnnx(classifier), toOnnx(gradientGraph)], (model) => openPool(model, options));
  // Opened by the first attack that asks for it.
  let margin: Promise<Pool> | null = null;
  return {
    shape,
    classes,
    workers: gradient.workers,
    device: gradient.device,
    notice: gradient.notice,
    forward: async (x) => (await run(forward, x, NONE, ['logits']))[0]!,
    async lossAndGradient(x, labels) {
      const [loss, logits, slope] = await run(gradient, x, { indices: { label: labels }, shared: {} }, ['loss', 'logits', 'gradient']);
      return { loss: loss!, logits: logits!, gradient: slope! };
    },
    async marginAndGradient(x, labels, targets, { weights, floor }) {
      margin ??= openPool(toOnnx(marginGraph(classifier, straightThrough)), options);
      const ranks = Math.min(MARGIN_RANKS, classes);
      const shared = { weights: floats(Float32Array.from(weights.slice(0, ranks)), [ranks]), floor: floats(Float32Array.of(floor), [1]) };
      const extra = { indices: { label: labels, target: targets }, shared };
      const [loss, logits, slope] = await run(await margin, x, extra, ['loss', 'logits', 'gradient']);
      return { loss: loss!, logits: logits!, gradient: slope! };
    },
    async close() {
      await Promise.all([forward.close(), gradient.close(), margin?.then((pool) => pool.close())]);
    },
  };
}

/** The classifier's logits alone, from a session of its own: what claims of attacks are checked with. */
export interface OpenClassifier {
  readonly classes: number;
  /** Shape of one image. */
  readonly shape: readonly number[];
  readonly workers: number;
  readonly device: DeviceName;
  readonly notice: string | null;
  /** Logits [count, classes]. */
  forward(x: Batch): Promise<Float32Array>;
  close(): Promise<void>;
}

/** As `openOracle`, without gradients. */
export async function openClassifier(classifier: Graph, { workers, device = 'cpu', feeds = () => ({}) }: OracleOptions): Promise<OpenClassifier> {
  const { shape, classes } = classifierShape(classifier);
  const run = runner(classifier, feeds);
  const session = await openPool(toOnnx(classifier), { workers, threads: 1, device });
  const { workers: opened, device: found, notice } = session;
  return {
    shape,
    classes,
    workers: opened,
    device: found,
    notice,
    forward: async (x) => (await run(session, x, NONE, ['logits']))[0]!,
    close: () => session.close(),
  };
}

/** Runs a session on a batch, in parts where the model takes a fixed number of images. */
function runner(classifier: Graph, feeds: ExtraFeeds) {
  const { batch } = classifierShape(classifier);
  return async (session: Session, x: Batch, extra: PerImage, outputs: readonly string[]) => {
    const parts = typeof batch === 'number' ? chunks(x.count, batch) : [[...Array(x.count).keys()]];
    const results = await Promise.all(parts.map((rows) => runChunk(session, x, extra, rows, batch, outputs, feeds)));
    return outputs.map((name) => join(results.map((result) => result[name]!)));
  };
}

/** Opens both at once; where one fails the other is closed again. */
async function openAll<const M extends readonly Uint8Array[]>(models: M, open: (model: Uint8Array) => Promise<Pool>): Promise<{ [K in keyof M]: Pool }> {
  const results = await Promise.allSettled(models.map(open));
  const opened = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    await Promise.all(opened.map((pool) => pool.close()));
    throw failed.reason;
  }
  return opened as { [K in keyof M]: Pool };
}

/** Runs the images at `rows`; a model with a fixed batch gets the first one again until the batch is full. */
async function runChunk(
  session: Session,
  x: Batch,
  extra: PerImage,
  rows: readonly number[],
  batch: number | string,
  outputs: readonly string[],
  feeds: ExtraFeeds,
): Promise<Record<string, Float32Array>> {
  const full = typeof batch === 'number' ? Array.from({ length: batch }, (_, i) => rows[i] ?? rows[0]!) : rows;
  const part = pick(x, full);
  const indices = Object.entries(extra.indices).map(([name, values]): [string, TensorData] => [
    name,
    { dtype: 'int64', shape: [part.count], data: BigInt64Array.from(full, (row) => BigInt(values[row]!)) },
  ]);
  const inputs = { image: floats(part.data, [part.count, ...x.shape]), ...Object.fromEntries(indices), ...extra.shared, ...feeds(part) };
  const result = await session.run(inputs, outputs);
  return Object.fromEntries(
    outputs.map((name) => {
      const { data, shape } = result[name]!;
      if (!(data instanceof Float32Array))
        throw new RobencError('unsupported', `The output "${name}" is no float32 tensor; only float32 models can be attacked.`);
      return [name, data.subarray(0, (data.length / shape[0]!) * rows.length)];
    }),
  );
}

/** The batch itself where every image is wanted in its order. */
function pick(x: Batch, rows: readonly number[]): Batch {
  return rows.length === x.count && rows.every((row, i) => row === i) ? x : gather(x, rows);
}

function chunks(count: number, size: number): number[][] {
  return Array.from({ length: Math.ceil(count / size) }, (_, c) => Array.from({ length: Math.min(size, count - c * size) }, (_, i) => c * size + i));
}

function join(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0]!;
  const result = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

function classifierShape(classifier: Graph): { shape: readonly number[]; classes: number; batch: number | string } {
  const image = classifier.inputs.find(({ name }) => name === 'image');
  const logits = classifier.outputs.find(({ name }) => name === 'logits')?.value;
  const [batch, ...shape] = image?.type.shape ?? [];
  const classes = logits?.type.shape[1];
  const fixed = shape.filter((size) => typeof size === 'number');
  if (!image || !logits || batch === undefined || fixed.length !== shape.length || imageSize({ shape: fixed }) === 0 || typeof classes !== 'number')
    throw new RobencError(
      'unsupported',
      `A classifier to attack takes "image" of fixed sizes and gives "logits" of a fixed number of classes; this one takes ${image ? describeType(image.type) : 'no image'} and gives ${logits ? describeType(logits.type) : 'no logits'}.`,
    );
  return { shape: fixed, classes, batch };
}
