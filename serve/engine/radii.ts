/** @file One attack at several radii: each image goes on until it is broken, and then perhaps to the smallest radius at which the attack still breaks it. */
import type { StopSignal } from '../batching/stop.js';
import type { Attack, AttackOptions, Batch, Oracle, Outcome } from '@robenc/shared/attacks/attack.js';
import { gather } from '@robenc/shared/attacks/batch.js';

export interface RadiiJob {
  readonly oracle: Oracle;
  readonly x: Batch;
  readonly labels: Int32Array;
  readonly attack: Attack;
  /** The options at each radius, ascending. */
  readonly options: readonly AttackOptions[];
  readonly seed: number;
  readonly signal: StopSignal | undefined;
  /** Changes what an attack found, before it counts: rounds it to 8 bits. */
  readonly finish: (outcomes: Outcome[], images: Batch, epsilon: number) => Promise<Outcome[]>;
}

/** What is known of one image. */
export interface Radii {
  /** Per radius of the job. Where the image was broken at a smaller one, that outcome. */
  readonly outcomes: readonly Outcome[];
  /** The smallest radius tried at which the attack broke it, and the largest at which it did not; null where it was never broken. */
  readonly smallest: { readonly broken: number; readonly unbroken: number } | null;
}

/** Halvings: the interval shrinks to a thousandth. */
const ROUNDS = 10;

/** Runs all radii; with `bisect` also looks for the smallest that breaks, until the interval is at most that wide. */
export async function attackRadii(job: RadiiJob, bisect: number | null): Promise<Radii[]> {
  const all: Outcome[][] = Array.from(job.labels, () => []);
  for (const options of job.options) {
    const open = all.flatMap((outcomes, i) => (outcomes.at(-1)?.broken === true ? [] : [i]));
    const found = await attackSome(job, open, options);
    all.forEach((outcomes, i) => {
      const at = open.indexOf(i);
      outcomes.push(at >= 0 ? found[at]! : outcomes.at(-1)!);
    });
  }
  const epsilons = job.options.map(({ epsilon }) => epsilon);
  const bounds = all.map((outcomes) => {
    const first = outcomes.findIndex(({ broken }) => broken);
    return first < 0 ? null : { broken: epsilons[first]!, unbroken: first === 0 ? 0 : epsilons[first - 1]! };
  });
  // Wrong from the start: broken at radius 0.
  all.forEach((outcomes, i) => {
    if (bounds[i] !== null && outcomes[0]!.cleanPrediction !== job.labels[i]) bounds[i] = { broken: 0, unbroken: 0 };
  });
  if (bisect !== null) await bisectAll(job, bounds, bisect);
  return all.map((outcomes, i) => ({ outcomes, smallest: bounds[i]! }));
}

async function bisectAll(job: RadiiJob, bounds: ({ broken: number; unbroken: number } | null)[], tolerance: number): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const open = bounds.flatMap((bound, i) => (bound !== null && bound.broken - bound.unbroken > tolerance ? [i] : []));
    if (open.length === 0) return;
    // Images whose interval is the same share a run.
    const groups = new Map<number, number[]>();
    for (const i of open) {
      const middle = (bounds[i]!.broken + bounds[i]!.unbroken) / 2;
      groups.set(middle, [...(groups.get(middle) ?? []), i]);
    }
    for (const [epsilon, indices] of groups) {
      const { stepSize, ...rest } = job.options.at(-1)! as AttackOptions & { stepSize?: number };
      const scale = stepSize === undefined || rest.epsilon === 0 ? {} : { stepSize: (stepSize * epsilon) / rest.epsilon };
      const found = await attackSome(job, indices, { ...rest, ...scale, epsilon });
      indices.forEach((i, at) => {
        const bound = bounds[i]!;
        bounds[i] = found[at]!.broken ? { ...bound, broken: epsilon } : { ...bound, unbroken: epsilon };
      });
    }
  }
}

async function attackSome(
  { oracle, x, labels, attack, seed, signal, finish }: RadiiJob,
  indices: readonly number[],
  options: AttackOptions,
): Promise<Outcome[]> {
  if (indices.length === 0) return [];
  const images = gather(x, indices);
  const own = Int32Array.from(indices, (i) => labels[i]!);
  const outcomes = await attack.run({ oracle, x: images, labels: own, options, seed, ...(signal && { signal }) });
  return finish(outcomes, images, options.epsilon);
}
