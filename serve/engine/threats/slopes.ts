/** @file Embeddings of points and gradients through them, run through the queue like everything else. */
import type { Batch } from '@robenc/shared/attacks/attack.js';
import { drawCrops } from '@robenc/shared/evaluation/crops.js';
import type { TensorData } from '@robenc/shared/graph/value.js';
import { cropMatrix } from '@robenc/shared/images/crop-matrix.js';
import type { CropRequest } from '../../images/recipe.js';
import { floatRows, type Call } from '../compute.js';
import { madeGraph } from '../made-graphs.js';
import { graphOf, sizePolicyOf, type ServedModel } from '../model.js';

/** `several` embeddings of each point, and the gradient by the points of what stands behind those. */
export interface Slopes {
  readonly several: number;
  /** [count · several, size] */
  embed(x: Batch): Promise<{ data: Float32Array; width: number }>;
  /** `cotangents` [count · several, size] → the gradient by `x`, in its shape. */
  pull(x: Batch, cotangents: Float32Array): Promise<Float32Array>;
}

function tensor(data: Float32Array, shape: readonly number[]): TensorData {
  return { dtype: 'float32', shape, data };
}

/** Points are `several` model inputs each: [several,3,H,W], or [3,H,W]. */
export async function plainSlopes(model: ServedModel, several: number, call: Call): Promise<Slopes> {
  const encoder = graphOf(model, 'encoder');
  const slope = await madeGraph(model, 'encoderSlope');
  const { height, width } = model.input;
  const inputs = (x: Batch) => tensor(x.data, [x.count * several, 3, height, width]);
  return {
    several,
    embed: (x) => floatRows(call, encoder, { image: inputs(x) }, 'embedding'),
    async pull(x, cotangents) {
      const image = inputs(x);
      const cotangent = tensor(cotangents, [image.shape[0]!, cotangents.length / image.shape[0]!]);
      return (await call.compute.run(slope, { image, cotangent }, call))['gradient']!.data as Float32Array;
    },
  };
}

/** Points are source images [3,H,W], seen through crops that are the same for all of them, as a request cuts them. */
export async function cropSlopes(model: ServedModel, crops: CropRequest, call: Call): Promise<Slopes> {
  const [encoder, slope] = await Promise.all([madeGraph(model, 'cropEncoder'), madeGraph(model, 'cropEncoderSlope')]);
  const { height, width } = model.input;
  const drawn = drawCrops({ ...crops, output: sizePolicyOf(model) }, 'image', model.input);
  const rows = drawn.map((crop) => cropMatrix(height, crop.top, crop.height, height));
  const columns = drawn.map((crop) => cropMatrix(width, crop.left, crop.width, width, crop.flip));
  const size = 3 * height * width;
  // A row is one crop of one image, so that crops of all requests fill batches together.
  const feeds = (x: Batch) => {
    const count = x.count * crops.count;
    const image = new Float32Array(count * size);
    for (let i = 0; i < count; i++) image.set(x.data.subarray(Math.floor(i / crops.count) * size, (Math.floor(i / crops.count) + 1) * size), i * size);
    return {
      image: tensor(image, [count, 3, height, width]),
      rows: tensor(repeated(rows, x.count), [count, height, height]),
      columns: tensor(repeated(columns, x.count), [count, width, width]),
    };
  };
  return {
    several: crops.count,
    embed: (x) => floatRows(call, encoder, feeds(x), 'embedding'),
    async pull(x, cotangents) {
      const inputs = feeds(x);
      const count = x.count * crops.count;
      const cotangent = tensor(cotangents, [count, cotangents.length / count]);
      const each = (await call.compute.run(slope, { ...inputs, cotangent }, call))['gradient']!.data as Float32Array;
      const sum = new Float32Array(x.count * size);
      for (let i = 0; i < count; i++) {
        const at = Math.floor(i / crops.count) * size;
        for (let k = 0; k < size; k++) sum[at + k]! += each[i * size + k]!;
      }
      return sum;
    },
  };
}

/** All parts, one after the other, so many times. */
function repeated(parts: readonly Float32Array[], times: number): Float32Array {
  const length = parts[0]!.length;
  const result = new Float32Array(times * parts.length * length);
  for (let i = 0; i < times * parts.length; i++) result.set(parts[i % parts.length]!, i * length);
  return result;
}
