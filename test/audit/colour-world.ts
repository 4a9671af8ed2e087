/** @file A data set and models whose robust accuracy is known in closed form: images of one dominant colour, and classifiers that compare channel means. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { floats, type Dim, type Value } from '@robenc/shared/graph/value.js';
import { encodePng } from '@robenc/shared/images/decode.js';
import { Random } from '@robenc/shared/math/random.js';
import { newBuilder } from '@robenc/shared/ops/index.js';

export const SIDE = 6;
/** In lexicographic order, with the channel that dominates in each. */
const CHANNEL = { blue: 2, green: 1, red: 0 } as const;
export const CLASSES = ['blue', 'green', 'red'] as const;

export interface ColourImage {
  readonly file: string;
  readonly label: number;
  /** How far the mean of the class's channel lies above the largest other, in [0,1]. Below 0 the colour is another than the folder says. */
  readonly margin: number;
}

/** A folder of `perClass` PNG images in each of the three class folders, with margins from -0.05 to 0.25 or so. */
export async function writeColourFolder({ perClass = 12, side = SIDE, seed = 1 } = {}): Promise<{ folder: string; images: readonly ColourImage[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'robenc-colours-'));
  const images: ColourImage[] = [];
  for (const [label, name] of CLASSES.entries()) {
    mkdirSync(join(folder, name));
    for (let i = 0; i < perClass; i++) {
      const random = new Random(seed, name, i);
      const extra = Math.round(255 * random.uniform(-0.05, 0.25));
      const data = Uint8Array.from({ length: side * side * 3 }, (_, j) => 100 + random.integer(20) + (j % 3 === CHANNEL[name] ? extra : 0));
      const means = [0, 1, 2].map((c) => data.reduce((sum, value, j) => sum + (j % 3 === c ? value : 0), 0) / (255 * side * side));
      const others = means.filter((_, c) => c !== CHANNEL[name]);
      const file = join(name, `${String(i).padStart(3, '0')}.png`);
      writeFileSync(join(folder, file), await encodePng({ width: side, height: side, data }));
      images.push({ file, label, margin: means[CHANNEL[name]]! - Math.max(...others) });
    }
  }
  return { folder, images };
}

/** Images that stay right when every pixel may move by epsilon: the own channel falls and another rises by epsilon, so the margin must be above twice that. */
export function robustCount(images: readonly ColourImage[], epsilon: number): number {
  return images.filter(({ margin }) => margin > 2 * epsilon).length;
}

export interface ColourModel {
  readonly layout?: 'nchw' | 'nhwc';
  /** The model was made for pixels value = scale · pixel + shift. */
  readonly scale?: number;
  readonly shift?: number;
  readonly batch?: Dim;
  readonly side?: Dim;
  /** Logits beyond the three classes, which are never the largest. */
  readonly spare?: number;
  /** What is done to the logits at the end. */
  readonly finish?: (g: ReturnType<typeof newBuilder>, logits: Value) => Value;
}

/** An ONNX file: logits = 20 · (mean of blue, green, red), undoing scale and shift. */
export function colourModel({
  layout = 'nchw',
  scale = 1,
  shift = 0,
  batch = 'batch',
  side = SIDE,
  spare = 0,
  finish = (_, logits) => logits,
}: ColourModel = {}): Uint8Array {
  const g = newBuilder();
  const input = g.input('pixels', 'float32', layout === 'nchw' ? [batch, 3, side, side] : [batch, side, side, 3]);
  const means = g.node('ReduceMean', [input, g.ints(layout === 'nchw' ? [2, 3] : [1, 2])], { keepdims: 0 });
  const weights = new Float32Array(3 * (3 + spare));
  for (const [k, name] of CLASSES.entries()) weights[CHANNEL[name] * (3 + spare) + k] = 20 / scale;
  const bias = Float32Array.from({ length: 3 + spare }, (_, k) => (k < 3 ? (-20 * shift) / scale : -100));
  const logits = g.add(g.node('MatMul', [means, g.constant(floats(weights, [3, 3 + spare]))]), g.constant(floats(bias)));
  g.output('scores', finish(g, logits));
  return toOnnx(g.build('colours'));
}
