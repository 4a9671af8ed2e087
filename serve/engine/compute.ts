/** @file What the pieces of work below need: a way to run graphs, and a way to be called off. */
import { RobencError } from '@robenc/shared/errors.js';
import type { TensorData } from '@robenc/shared/graph/value.js';
import type { Tensors } from '@robenc/shared/runtime/types.js';
import type { RunOptions, Runner, RunReport } from '../batching/dispatcher.js';
import type { Lane } from '../batching/queue.js';
import type { StopSignal } from '../batching/stop.js';
import type { PreparedImage } from '../images/recipe.js';
import type { ServedModel } from './model.js';

/** Runs any number of rows; the dispatcher of the engine is one. */
export interface Compute {
  run(runner: Runner, feeds: Tensors, options?: RunOptions): Promise<Tensors>;
}

/** How a request runs graphs; the dispatcher reads all but `compute`. */
export interface Call {
  readonly compute: Compute;
  /** Fires when nobody waits for the answer any more. */
  readonly signal?: StopSignal;
  readonly lane?: Lane;
  readonly report?: RunReport;
}

/** All rows of the images, one under the other: float32 [rows,3,height,width]. Images that lie so in memory, as those of one tensor do, are not copied. */
export function stackImages({ input }: ServedModel, images: readonly PreparedImage[]): TensorData {
  const size = 3 * input.height * input.width;
  const rows = images.reduce((sum, image) => sum + image.rows, 0);
  return { dtype: 'float32', shape: [rows, 3, input.height, input.width], data: joined(images, rows * size) };
}

function joined(images: readonly PreparedImage[], length: number): Float32Array {
  const { buffer, byteOffset } = images[0]!.data;
  let end = byteOffset;
  const inARow = images.every(({ data }) => data.buffer === buffer && data.byteOffset === end && (end += data.byteLength) > 0);
  if (inARow) return new Float32Array(buffer, byteOffset, length);
  const result = new Float32Array(length);
  let offset = 0;
  for (const { data } of images) {
    result.set(data, offset);
    offset += data.length;
  }
  return result;
}

/** One output of a run on float rows. Throws `mismatch` for an answer that is not finite: such numbers have no place in JSON, and mean a broken model. */
export async function floatRows(call: Call, runner: Runner, feeds: Tensors, output: string): Promise<{ data: Float32Array; width: number }> {
  const answers = await call.compute.run(runner, feeds, call);
  const { data, shape } = answers[output]!;
  const rows = data as Float32Array;
  if (!allFinite(rows)) throw new RobencError('mismatch', `${runner.id} answered a value that is not finite in "${output}".`);
  return { data: rows, width: shape.slice(1).reduce((product, size) => product * size, 1) };
}

/** A loop, because `every` with a callback makes an object of each number. */
function allFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}
