/** @file How good a state is: by what its best checkpoint is chosen. */
import { check } from '@robenc/shared/config/check.js';
import { Type, type Static } from '@sinclair/typebox';

/**
 * `robust`: share of held-out images whose neighbours are of their class, on the image and under attack; ties go to the clean share.
 * `loss`: mean training loss of the latest batches, where a run does not validate.
 */
export const Score = Type.Union([
  Type.Object({ measure: Type.Literal('robust'), value: Type.Number(), clean: Type.Number() }),
  Type.Object({ measure: Type.Literal('loss'), value: Type.Number() }),
]);
export type Score = Static<typeof Score>;

/** Whether `score` beats the best one so far. One of another measure, or none, is beaten by any: the run file asked for something else then. */
export function beats(score: Score, best: Score | null): boolean {
  if (best === null || score.measure !== best.measure) return true;
  if (score.measure === 'loss') return score.value < best.value;
  return score.value > best.value || (score.value === best.value && score.clean > (best as typeof score).clean);
}

/** A score as text, for the metadata of a checkpoint; `null` for none. */
export function scoreText(score: Score | null): string {
  return JSON.stringify(score);
}

/** The score that `scoreText` wrote. Throws where the text is none. */
export function readScore(text: string): Score | null {
  const value = JSON.parse(text) as unknown;
  return value === null ? null : check(Score, value, 'score');
}
