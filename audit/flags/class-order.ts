/** @file Classes that are mostly taken for each other, as they are where the order of the logits is another one. */
import type { SanityCheck } from './flag.js';

/** Images of a class from which on its predictions say something, and the share that counts as most of them. */
const [LEAST, MOST] = [5, 0.5];

export const classOrder: SanityCheck = {
  code: 'class-order',
  look({ outcome: { samples }, classOf, plan }) {
    if (plan.feeds.kind === 'chunk') return null;
    const predictions = new Map<number, number[]>();
    for (const { label, cleanPrediction } of samples) predictions.set(label, [...(predictions.get(label) ?? []), cleanPrediction]);
    const takenFor = new Map([...predictions].flatMap(([label, found]) => mostly(label, found)));
    // Classes that are hard are taken for others too; where one is led back to, the names have changed places.
    const moved = [...takenFor].filter(([label]) => leadsBack(label, takenFor));
    if (moved.length === 0) return null;
    const name = (logit: number) => classOf.get(logit) ?? `logit ${logit}`;
    return {
      severity: 'warning',
      message: `Most images of ${moved.map(([label, other]) => `${name(label)} are taken for ${name(other)}`).join(', of ')}: the logits seem to have another order. Give it with --classes.`,
    };
  },
};

/** Whether following what each class is taken for ends at the class itself. */
function leadsBack(label: number, takenFor: ReadonlyMap<number, number>): boolean {
  let at = takenFor.get(label);
  for (let turn = 1; turn < takenFor.size && at !== undefined && at !== label; turn++) at = takenFor.get(at);
  return at === label;
}

/** The other class that most images of a class are taken for. */
function mostly(label: number, found: readonly number[]): [number, number][] {
  if (found.length < LEAST) return [];
  const counts = new Map<number, number>();
  for (const prediction of found) counts.set(prediction, (counts.get(prediction) ?? 0) + 1);
  const [other, count] = [...counts].sort(([, a], [, b]) => b - a)[0]!;
  return other !== label && count > MOST * found.length ? [[label, other]] : [];
}
