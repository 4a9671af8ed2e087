/** @file How long an audit will take: from a few timed batches, and from how many of their images a short attack breaks. */
import type { AttackOptions, Oracle } from '@robenc/shared/attacks/attack.js';
import { gather } from '@robenc/shared/attacks/batch.js';
import { attacks } from '@robenc/shared/attacks/index.js';
import { pgd } from '@robenc/shared/attacks/pgd.js';
import type { Chunk } from './chunk.js';
import { seesNoGradients, type Engine } from './engine.js';
import type { CertifyOptions, WorkPlan, WorkStage } from './plan.js';

/** Steps of the attack that tells how many images will soon be broken. */
const PILOT_STEPS = 10;

export interface Costs {
  /** Seconds per image, all workers busy. */
  readonly forward: number;
  readonly gradient: number;
  /** Images of the sample, how many of them are right, and how many stand after the short attack at each radius. */
  readonly images: number;
  readonly right: number;
  readonly standing: ReadonlyMap<number, number>;
}

/** Times up to three batches: one round to warm up, one to measure. */
export async function measureCosts(engine: Engine, plan: WorkPlan, chunks: readonly Chunk[], now: () => number, signal: AbortSignal): Promise<Costs> {
  const { oracle, workers } = engine;
  chunks.forEach((chunk, i) => engine.begin(chunk, `estimate-${i}`));
  const images = chunks.reduce((sum, { x }) => sum + x.count, 0);
  // As many at once as there are workers, as the audit will do.
  const timed = async (work: (chunk: Chunk) => Promise<unknown>): Promise<number> => {
    const rounds = Array.from({ length: Math.max(workers, chunks.length) }, (_, i) => chunks[i % chunks.length]!);
    const started = now();
    await Promise.all(rounds.map(work));
    return (now() - started) / 1000 / rounds.reduce((sum, { x }) => sum + x.count, 0);
  };
  const gradientOf = ({ x, labels }: Chunk) => oracle.lossAndGradient(x, labels);
  const blackBox = seesNoGradients(plan);
  await timed(({ x }) => oracle.forward(x));
  if (!blackBox) await timed(gradientOf);
  const forward = await timed(({ x }) => oracle.forward(x));
  const gradient = blackBox ? 0 : await timed(gradientOf);
  const standing = new Map<number, number>();
  let right = 0;
  for (const epsilon of new Set(plan.stages.filter(({ kind }) => kind === 'attack').map((stage) => stage.epsilon))) {
    const outcomes = blackBox ? [] : await Promise.all(chunks.map((chunk) => pilot(oracle, chunk, { epsilon, norm: plan.norm }, plan.seed, signal)));
    const all = outcomes.flat();
    right = all.filter(({ cleanPrediction, label }) => cleanPrediction === label).length;
    standing.set(epsilon, blackBox ? images : all.filter(({ broken }) => !broken).length);
  }
  return { forward, gradient, images, right: blackBox ? images : right, standing };
}

function pilot(oracle: Oracle, { x, labels }: Chunk, { epsilon, norm }: Required<AttackOptions>, seed: number, signal: AbortSignal) {
  return pgd.run({ oracle, x: gather(x, [...labels.keys()]), labels, options: { epsilon, norm, steps: PILOT_STEPS }, seed, signal });
}

/** Seconds that one image costs at a stage when it survives it. */
export function stageSeconds({ kind, name, options }: WorkStage, costs: Pick<Costs, 'forward' | 'gradient'>, classes: number): number {
  if (kind === 'certify') {
    const { draws, choosing } = options as CertifyOptions;
    return (draws + choosing) * costs.forward;
  }
  if (kind !== 'attack') return costs.forward;
  const attack = attacks.get(name);
  const { gradients, forwards } = attack.cost(attack.complete(options), classes);
  return gradients * costs.gradient + (forwards + 1) * costs.forward;
}

/** Seconds for all images: those that the short attack left standing pay every stage in full, those that it broke leave early in the first one. */
export function predictSeconds(plan: WorkPlan, costs: Costs, images: number, classes: number): number {
  const share = (count: number) => (costs.images === 0 ? 1 : count / costs.images);
  let [before, total] = [share(costs.right), costs.forward * images];
  let radius = 0;
  for (const stage of plan.stages) {
    // The clean stage is counted above; what is no attack is done on all images.
    if (stage.kind !== 'attack') {
      if (stage.kind !== 'clean') total += images * stageSeconds(stage, costs, classes);
      continue;
    }
    const after = Math.min(before, share(costs.standing.get(stage.epsilon) ?? costs.images));
    const full = stageSeconds(stage, costs, classes);
    if (stage.epsilon !== radius) {
      // Most of what a short attack breaks falls within its first steps; half of them is what they cost on average.
      total += (before - after) * images * Math.min(full, (PILOT_STEPS / 2) * costs.gradient);
      radius = stage.epsilon;
    }
    total += after * images * full;
    before = after;
  }
  return total;
}
