/** @file Points of an attack as images of the model. */
import type { PreparedImage } from '../../images/recipe.js';
import type { Call } from '../compute.js';
import { embedImages } from '../embed.js';
import type { ServedModel } from '../model.js';

/** float32 [3,height,width] as one image. */
export function asImage({ input: { width, height } }: ServedModel): (data: Float32Array) => PreparedImage {
  return (data) => ({ rows: 1, data, width, height });
}

/** One embedding of each whole image; null for a model without an encoder. */
export async function embedWhole(model: ServedModel, points: readonly Float32Array[], call: Call): Promise<Float32Array[] | null> {
  return model.graphs.encoder === undefined ? null : embedImages(model, points.map(asImage(model)), call);
}
