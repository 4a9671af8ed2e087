/** @file The first stage: what the classifier says about the images as they are. */
import { gather } from '@robenc/shared/attacks/batch.js';
import { argmaxRow, crossEntropyRow } from '@robenc/shared/math/logits.js';
import type { RowResult } from '../result.js';
import { finiteOr, NOTHING, type StageWork } from './stage.js';

export const clean: StageWork = {
  kind: 'clean',
  async run({ chunk, rows }, { oracle }) {
    const part = gather(chunk.x, rows);
    const logits = await oracle.forward(part);
    const results = rows.map((row, i): RowResult => {
      const label = chunk.labels[row]!;
      const prediction = argmaxRow(logits, oracle.classes, i);
      const loss = finiteOr(crossEntropyRow(logits, oracle.classes, i, label), Number.MAX_VALUE);
      return {
        ...NOTHING,
        row,
        cleanPrediction: prediction,
        prediction,
        lossBefore: loss,
        lossAfter: loss,
        margin: marginRow(logits, oracle.classes, i, label),
        broken: prediction !== label,
      };
    });
    return { rows: results, points: new Float32Array(0) };
  },
};

/** z_label - max of the others; null where the model answered NaN. */
function marginRow(logits: Float32Array, classes: number, row: number, label: number): number | null {
  let other = -Infinity;
  for (let k = 0; k < classes; k++) if (k !== label) other = Math.max(other, logits[row * classes + k]!);
  const margin = logits[row * classes + label]! - other;
  return Number.isFinite(margin) ? margin : null;
}
