/** @file Whether a point that an attack calls adversarial is one: looked at again, alone, by a model that the attack did not use. */
import type { Batch, AttackOptions, Outcome } from '../attacks/attack.js';
import { createBatch } from '../attacks/batch.js';
import { norms } from '../attacks/norms.js';
import { argmaxRow } from '../math/logits.js';
import { binomialUpperTail } from '../math/binomial.js';

/** Rounding to float32 may leave the ball by this much. */
const SLACK = 1e-6;

/** One-sided level at which a vote over random answers must be lost to count as misclassified. */
const LEVEL = 0.05;

export interface Verifier {
  readonly classes: number;
  /** Logits [count, classes]. Asked with one image at a time. */
  forward(x: Batch): Promise<Float32Array>;
}

/** What became of a claimed adversarial point. */
export interface Confirmation {
  /** It is misclassified, lies in the ball and in [0,1], and is finite. */
  readonly stands: boolean;
  /** The same point rounded to whole 8-bit levels, as a file would hold it. */
  readonly eightBit: { readonly broken: boolean; readonly prediction: number; readonly linf: number };
}

/**
 * Looks at the point of an outcome again. With `votes` above 1 the model's answers are random: the point is misclassified when so many draws are that
 * the true share is above one half at level 0.05, by the binomial test.
 */
export async function confirmOutcome(
  verifier: Verifier,
  clean: Float32Array,
  shape: readonly number[],
  outcome: Outcome,
  { epsilon, norm = 'linf' }: AttackOptions,
  votes = 1,
): Promise<Confirmation> {
  const { adversarial, label, id } = outcome;
  const rounded = adversarial.map((value) => Math.round(value * 255) / 255);
  const inside = norms[norm].distance(adversarial, clean) <= epsilon + SLACK && adversarial.every((value) => value >= 0 && value <= 1);
  const judge = async (point: Float32Array) => {
    const batch = createBatch(point, shape, [id]);
    const predictions: number[] = [];
    for (let vote = 0; vote < votes; vote++) predictions.push(argmaxRow(await verifier.forward(batch), verifier.classes, 0));
    const wrong = predictions.filter((prediction) => prediction !== label).length;
    return { broken: votes === 1 ? wrong === 1 : binomialUpperTail(wrong, votes, 0.5) <= LEVEL, prediction: mode(predictions) };
  };
  const [point, file] = [await judge(adversarial), await judge(rounded)];
  return { stands: inside && point.broken, eightBit: { ...file, linf: norms.linf.distance(rounded, clean) } };
}

/** The most frequent value; the first one seen wins a tie. */
function mode(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}
