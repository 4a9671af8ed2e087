/** @file Square: random squares of colour, kept when they help; asks for no gradients (Andriushchenko et al., arXiv 1912.00049, algorithm 2). */
import { Type, type Static } from '@sinclair/typebox';
import { Random } from '../math/random.js';
import type { Attack, Batch } from './attack.js';
import { gather, imageSize } from './batch.js';
import { refuseIfCancelled } from './cancelled.js';
import { Ledger } from './ledger.js';
import { epsilonOption, countOption, normOption } from './option-schemas.js';
import { l1Moves, l2Moves } from './square-bumps.js';
import { linfMoves } from './square-linf.js';
import { squareSide } from './square-schedule.js';

const schema = Type.Object(
  {
    epsilon: epsilonOption,
    norm: normOption('linf', 'l2', 'l1'),
    queries: countOption('points that are tried; 5000', 1_000_000),
    share: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1, description: 'share of the pixels in the first squares; 0.8' })),
  },
  { additionalProperties: false },
);

const moves = { linf: linfMoves, l2: l2Moves, l1: l1Moves } as const;

/** Windows and colours are drawn per image, so verdicts do not depend on the batch, as they do where all images share a window. */
export const square: Attack<Static<typeof schema>> = {
  name: 'square',
  summary: 'random search over square windows, without gradients',
  options: schema,
  blackBox: true,
  complete: ({ epsilon, norm = 'linf', queries = 5000, share = 0.8 }) => ({ epsilon, norm, queries, share }),
  cost: ({ queries }) => ({ gradients: 0, forwards: queries + 1 }),
  async run(job) {
    const { oracle, x, labels, seed, signal } = job;
    const { epsilon, norm, queries, share } = square.complete(job.options);
    const { least, start, propose } = moves[norm];
    const size = imageSize(x);
    // Crops of one image are channels to it; a vector is one row.
    const [height = 1, width = 1] = x.shape.length > 1 ? x.shape.slice(-2) : [1, size];
    const channels = size / (height * width);
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
      const side = Math.min(Math.max(squareSide(Math.max(query - 1, 0), share, height, width), least), height, width);
      searches.forEach(({ point, clean, random }, row) => {
        const shape = { channels, height, width };
        points.data.set(query === 0 ? start(clean, shape, epsilon, random) : propose(point, clean, shape, side, epsilon, random), row * size);
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

/** z_label - max of the others: the loss that falls. */
function marginRow(logits: Float32Array, label: number): number {
  let other = -Infinity;
  logits.forEach((value, k) => {
    if (k !== label) other = Math.max(other, value);
  });
  return logits[label]! - other;
}
