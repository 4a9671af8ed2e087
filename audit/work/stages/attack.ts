/** @file An attack on the images that still stand; each point that it claims is looked at again by a second copy of the classifier. */
import type { Attack, Outcome } from '@robenc/shared/attacks/attack.js';
import { gather, imageSize } from '@robenc/shared/attacks/batch.js';
import { attacks } from '@robenc/shared/attacks/index.js';
import { RobencError } from '@robenc/shared/errors.js';
import { confirmOutcome } from '@robenc/shared/evaluation/confirm.js';
import type { RowResult } from '../result.js';
import { finiteOr, type StageWork } from './stage.js';

export const attack: StageWork = {
  kind: 'attack',
  async run({ stage, chunk, rows }, { plan, oracle, verifier, signal }) {
    const made: Attack = attacks.get(stage.name);
    const part = gather(chunk.x, rows);
    const labels = Int32Array.from(rows, (row) => chunk.labels[row]!);
    const outcomes = await made.run({ oracle, x: part, labels, options: stage.options, seed: plan.seed, signal });
    const size = imageSize(chunk.x);
    const results: RowResult[] = [];
    const points: Float32Array[] = [];
    for (const [i, outcome] of outcomes.entries()) {
      if (signal.aborted) throw new RobencError('cancelled', 'The attack was stopped before it ended.');
      const claimed = outcome.broken && outcome.cleanPrediction === outcome.label;
      const clean = part.data.subarray(i * size, (i + 1) * size);
      const confirmation = claimed ? await confirmOutcome(verifier, clean, part.shape, outcome, stage.options, plan.votes) : null;
      const broken = outcome.broken && (confirmation?.stands ?? true);
      if (broken && claimed) points.push(outcome.adversarial);
      results.push({ ...rowOf(outcome, rows[i]!), broken, refuted: claimed && !broken, eightBit: confirmation?.eightBit ?? null });
    }
    const all = new Float32Array(points.length * size);
    points.forEach((point, i) => all.set(point, i * size));
    return { rows: results, points: all };
  },
};

function rowOf(outcome: Outcome, row: number): Omit<RowResult, 'broken' | 'refuted' | 'eightBit'> {
  const { cleanPrediction, lossBefore, adversarialPrediction, lossAfter, brokenAt, linf, l2, l1, iterations, queries, zeroGradients, nonFiniteGradients } =
    outcome;
  return {
    row,
    cleanPrediction,
    lossBefore: finiteOr(lossBefore, Number.MAX_VALUE),
    prediction: adversarialPrediction,
    lossAfter: finiteOr(lossAfter, Number.MAX_VALUE),
    margin: null,
    brokenAt,
    linf,
    l2,
    l1,
    gradients: iterations,
    queries,
    zeroGradients,
    nonFiniteGradients,
    votes: null,
  };
}
