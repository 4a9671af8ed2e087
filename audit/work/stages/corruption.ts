/** @file Images with a common corruption: what the classifier says about them. */
import { gather, imageSize } from '@robenc/shared/attacks/batch.js';
import { refuseIfCancelled } from '@robenc/shared/attacks/cancelled.js';
import { corrupt } from '@robenc/shared/images/corruptions/corruption.js';
import { corruptions } from '@robenc/shared/images/corruptions/index.js';
import { argmaxRow } from '@robenc/shared/math/logits.js';
import { Random } from '@robenc/shared/math/random.js';
import type { CorruptionOptions } from '../plan.js';
import type { RowResult } from '../result.js';
import { NOTHING, type StageWork } from './stage.js';

export const corruption: StageWork = {
  kind: 'corruption',
  async run({ stage, chunk, rows }, { plan, oracle, signal }) {
    const { severity } = stage.options as CorruptionOptions;
    const family = corruptions.get(stage.name);
    const part = gather(chunk.x, rows);
    const size = imageSize(part);
    const [height, width] = part.shape.slice(-2) as [number, number];
    for (let i = 0; i < part.count; i++) {
      refuseIfCancelled(signal);
      const random = new Random(plan.seed, 'corruption', stage.name, severity, part.ids[i]!);
      const image = { width, height, data: part.data.subarray(i * size, (i + 1) * size) };
      part.data.set((await corrupt(family, image, severity, random)).data, i * size);
    }
    const logits = await oracle.forward(part);
    const results = rows.map((row, i): RowResult => {
      const prediction = argmaxRow(logits, oracle.classes, i);
      return {
        ...NOTHING,
        row,
        cleanPrediction: prediction,
        prediction,
        lossBefore: 0,
        lossAfter: 0,
        margin: null,
        broken: prediction !== chunk.labels[row],
        queries: 1,
      };
    });
    return { rows: results, points: new Float32Array(0) };
  },
};
