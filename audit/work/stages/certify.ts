/** @file Randomised smoothing of all images: the radius within which each one keeps its class under noise. */
import { createBatch, imageSize } from '@robenc/shared/attacks/batch.js';
import { refuseIfCancelled } from '@robenc/shared/attacks/cancelled.js';
import { smoothedClass } from '@robenc/shared/evaluation/smoothed-class.js';
import { argmaxRow } from '@robenc/shared/math/logits.js';
import { Random } from '@robenc/shared/math/random.js';
import type { CertifyOptions } from '../plan.js';
import type { RowResult } from '../result.js';
import { NOTHING, type StageWork } from './stage.js';

/** Copies that the model sees at once, at most so many values. */
const [COPIES, VALUES] = [100, 4_000_000];

export const certify: StageWork = {
  kind: 'certify',
  async run({ stage, chunk, rows }, { plan, oracle, signal }) {
    const { sigma, draws, alpha } = stage.options as CertifyOptions;
    const { x, labels } = chunk;
    const size = imageSize(x);
    const results: RowResult[] = [];
    for (const row of rows) {
      const id = x.ids[row]!;
      const { index, hits, radius, looked } = await smoothedClass({
        pixels: x.data.subarray(row * size, (row + 1) * size),
        classes: oracle.classes,
        options: { sigma, draws, alpha },
        random: (what) => new Random(plan.seed, 'certify', what, id),
        batch: Math.max(1, Math.min(COPIES, Math.floor(VALUES / size))),
        async classify(copies) {
          refuseIfCancelled(signal);
          const data = new Float32Array(copies.length * size);
          copies.forEach((copy, i) => data.set(copy, i * size));
          const batch = createBatch(
            data,
            x.shape,
            copies.map(() => id),
          );
          const logits = await oracle.forward(batch);
          return copies.map((_, i) => argmaxRow(logits, oracle.classes, i));
        },
      });
      const votes = { hits, draws, radius };
      results.push({
        ...NOTHING,
        row,
        cleanPrediction: index,
        prediction: index,
        lossBefore: 0,
        lossAfter: 0,
        margin: null,
        broken: index !== labels[row],
        queries: looked,
        votes,
      });
    }
    return { rows: results, points: new Float32Array(0) };
  },
};
