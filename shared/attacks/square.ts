/** @file Square: random squares of colour, kept when they help; asks for no gradients (Andriushchenko et al., arXiv 1912.00049, algorithm 2). */
import { Type, type Static } from '@sinclair/typebox';
import { Random } from '../math/random.js';
import type { Attack, Batch } from './attack.js';
import { gather, imageSize } from './batch.js';
import { refuseIfCancelled } from './cancelled.js';
import { Ledger } from './ledger.js';
import { squareSide } from './square-schedule.js';

const schema = Type.Object(
  {
    epsilon: Type.Number({ minimum: 0, description: 'radius of the ball, in pixels of [0,1]' }),
    norm: Type.Optional(Type.Union([Type.Literal('linf')], { description: 'norm of the ball; linf' })),
    queries: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'points that are tried; 5000' })),
    share: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1, description: 'share of the pixels in the first squares; 0.8' })),
  },
  { additionalProperties: false },
);

/** Windows and colours are drawn per image, so verdicts do not depend on the batch, as they do where all images share a window. */
export const square: Attack<Static<typeof schema>> = {
  name: 'square',
  summary: 'random search over squares of colour, without gradients',
  options: schema,
  blackBox: true,
  complete: ({ epsilon, norm = 'linf', queries = 5000, share = 0.8 }) => ({ epsilon, norm, queries, share }),
  async run(job) {
    const { oracle, x, labels, seed, signal } = job;
    const { epsilon, queries, share } = square.complete(job.options);
    const [channels = 1, height = 1, width = 1] = x.shape.length === 3 ? x.shape : [1, 1, imageSize(x)];
    const size = imageSize(x);
    const ledger = await Ledger.open(oracle, x, labels, { trace: false });
    let searches = ledger.survivors().map((index) => ({
      index,
      random: new Random(seed, 'square', x.ids[index]!),
      clean: x.data.subarray(index * size, (index + 1) * size),
      point: new Float32Array(size),
      margin: Infinity,
    }));
    for (let query = 0; query < queries && searches.length > 0; query++) {
      refuseIfCancelled(signal);
      const indices = searches.map(({ index }) => index);
      const points: Batch = gather(x, indices);
      const side = query === 0 ? 0 : squareSide(query - 1, share, height, width);
      searches.forEach(({ point, clean, random }, row) => {
        const shape = { channels, height, width };
        points.data.set(query === 0 ? stripes(clean, shape, epsilon, random) : recolour(point, clean, shape, side, epsilon, random), row * size);
      });
      const logits = await oracle.forward(points);
      ledger.consider(indices, points, logits);
      searches.forEach((search, row) => {
        const margin = marginRow(logits.subarray(row * oracle.classes, (row + 1) * oracle.classes), labels[search.index]!);
        if (!(margin < search.margin)) return;
        search.margin = margin;
        search.point = points.data.slice(row * size, (row + 1) * size);
      });
      const surviving = new Set(ledger.survivors());
      searches = searches.filter(({ index }) => surviving.has(index));
      job.progress?.({ step: query + 1, steps: queries, survivors: surviving.size });
    }
    return ledger.outcomes();
  },
};

interface Shape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** One sign per channel and column. */
function stripes(clean: Float32Array, { channels, height, width }: Shape, epsilon: number, random: Random): Float32Array {
  const signs = Float32Array.from({ length: channels * width }, () => (random.next() < 0.5 ? -epsilon : epsilon));
  return clean.map((value, i) => inBox(value + signs[Math.floor(i / (height * width)) * width + (i % width)]!));
}

/** The point with ±2 epsilon added on a window, one sign per channel, brought back into the ball and [0,1]. */
function recolour(point: Float32Array, clean: Float32Array, { channels, height, width }: Shape, side: number, epsilon: number, random: Random): Float32Array {
  const result = point.slice();
  // Every place is drawn, the last one included, which the published code leaves out.
  const [top, left] = [random.integer(height - side + 1), random.integer(width - side + 1)];
  for (let c = 0; c < channels; c++) {
    const change = random.next() < 0.5 ? -2 * epsilon : 2 * epsilon;
    for (let row = top; row < top + side; row++)
      for (let at = (c * height + row) * width + left, end = at + side; at < end; at++)
        result[at] = inBox(Math.min(Math.max(result[at]! + change, clean[at]! - epsilon), clean[at]! + epsilon));
  }
  return result;
}

function inBox(value: number): number {
  return Math.min(Math.max(value, 0), 1);
}

/** z_label - max of the others: the loss that falls. */
function marginRow(logits: Float32Array, label: number): number {
  let other = -Infinity;
  logits.forEach((value, k) => {
    if (k !== label) other = Math.max(other, value);
  });
  return logits[label]! - other;
}
