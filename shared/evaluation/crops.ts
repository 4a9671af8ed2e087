/** @file The crops that a patch-aggregate averages over: drawn per image, as 8-bit crops or as matrices for the graph. */
import type { ImageId } from '../attacks/attack.js';
import type { CropSchemeName } from '../config/manifest.js';
import { floats } from '../graph/value.js';
import { cropMatrix } from '../images/crop-matrix.js';
import { cropSchemes } from '../images/crops/index.js';
import type { Crop } from '../images/crops/scheme.js';
import type { Image } from '../images/image.js';
import { resizeBox, type Size } from '../images/resize.js';
import { Random } from '../math/random.js';
import type { ExtraFeeds } from './oracle.js';

/** How the crops of an image are drawn. */
export interface CropPlan {
  /** A name from the table of crop schemes. */
  readonly scheme: CropSchemeName;
  readonly count: number;
  readonly seed: number;
  /** What every crop is resized to: the encoder's input. */
  readonly output: Size;
}

/** The crops of image `id`, which depend on (seed, id) alone. */
export function drawCrops(plan: CropPlan, id: ImageId, source: Size): Crop[] {
  const scheme = cropSchemes.get(plan.scheme);
  const random = new Random(plan.seed, 'aggregate-crops', id);
  return Array.from({ length: plan.count }, () => scheme.sample(random, source.height, source.width));
}

/** The crops of an image in 8 bits, as training and serving make them. */
export function cutCrops(plan: CropPlan, id: ImageId, image: Image): Image[] {
  return drawCrops(plan, id, image).map((crop) => resizeBox(image, crop, plan.output, crop.flip));
}

/** The same crops as matrices for `aggregateImageGraph`: `rows` [batch,crops,S,H] and `columns` [batch,crops,S,W]. Drawn once per image and kept. */
export function cropFeeds(plan: CropPlan, source: Size): ExtraFeeds {
  const kept = new Map<ImageId, { rows: Float32Array; columns: Float32Array }>();
  const matricesOf = (id: ImageId) => {
    let found = kept.get(id);
    if (found === undefined) {
      const crops = drawCrops(plan, id, source);
      found = {
        rows: concatenated(crops.map(({ top, height }) => cropMatrix(source.height, top, height, plan.output.height))),
        columns: concatenated(crops.map(({ left, width, flip }) => cropMatrix(source.width, left, width, plan.output.width, flip))),
      };
      kept.set(id, found);
    }
    return found;
  };
  return ({ ids }) => {
    const matrices = ids.map(matricesOf);
    return {
      rows: floats(concatenated(matrices.map(({ rows }) => rows)), [ids.length, plan.count, plan.output.height, source.height]),
      columns: floats(concatenated(matrices.map(({ columns }) => columns)), [ids.length, plan.count, plan.output.width, source.width]),
    };
  };
}

function concatenated(parts: readonly Float32Array[]): Float32Array {
  const result = new Float32Array(parts.length * (parts[0]?.length ?? 0));
  parts.forEach((part, i) => result.set(part, i * part.length));
  return result;
}
