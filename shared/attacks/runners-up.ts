/** @file The targets of targeted attacks: the classes ranked second, third, … on the clean image. */
import type { AttackJob } from './attack.js';
import type { Ledger } from './ledger.js';
import { rankedClass } from './margin.js';

/** How many classes are tried: at most all but the label. */
export function targetsOf(rounds: number, classes: number): number {
  return Math.min(rounds, classes - 1);
}

/** One round per rank, while there are survivors; `targets` [count] holds a class per image. At most one round fewer than there are classes. */
export async function* runnersUp(
  { oracle, x }: Pick<AttackJob, 'oracle' | 'x'>,
  ledger: Ledger,
  rounds: number,
): AsyncGenerator<{ rank: number; targets: Int32Array; survivors: number[] }> {
  if (ledger.survivors().length === 0) return;
  const logits = await oracle.forward(x);
  const row = (index: number) => logits.subarray(index * oracle.classes, (index + 1) * oracle.classes);
  for (let rank = 2; rank <= targetsOf(rounds, oracle.classes) + 1; rank++) {
    const survivors = ledger.survivors();
    if (survivors.length === 0) return;
    yield { rank, survivors, targets: Int32Array.from({ length: x.count }, (_, index) => rankedClass(row(index), rank)) };
  }
}
