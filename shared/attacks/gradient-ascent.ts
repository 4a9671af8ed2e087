/** @file The loop under FGSM and PGD: climb the loss by steepest steps and stay in the ball. */
import { Random } from '../math/random.js';
import type { AttackJob, Batch, Outcome } from './attack.js';
import { gather, imageSize } from './batch.js';
import { refuseIfCancelled } from './cancelled.js';
import { Ledger } from './ledger.js';
import { norms, type Norm, type NormName } from './norms.js';

export interface AscentOptions {
  readonly epsilon: number;
  readonly norm: NormName;
  readonly steps: number;
  readonly stepSize: number;
  readonly randomStart: boolean;
  readonly restarts: number;
  /** Share of the last direction that is kept (Dong et al., arXiv 1710.06081); 0 follows the gradient alone. */
  readonly momentum: number;
  readonly earlyStop: boolean;
  readonly trace: boolean;
}

/**
 * Projected gradient ascent on the cross-entropy, the rule x ← P(x + step · direction(gradient)) with P the ball first and [0,1] next.
 * Every iterate, the start and the last one included, is checked; an image is broken as soon as one is misclassified and then, with `earlyStop`,
 * leaves the batch. Its random starts depend on (seed, id, restart) alone, so the batch it travels in does not matter.
 */
export async function gradientAscent(job: AttackJob<AscentOptions>): Promise<Outcome[]> {
  const { oracle, x, labels, options } = job;
  const ledger = await Ledger.open(oracle, x, labels, options);
  for (let restart = 0; restart < options.restarts; restart++) {
    const first = options.earlyStop ? ledger.survivors() : options.trace ? [...labels.keys()] : ledger.correct();
    if (first.length > 0) await climb(job, ledger, first, restart);
  }
  return ledger.outcomes();
}

/** One run from one start, for the images at `first`. */
async function climb(job: AttackJob<AscentOptions>, ledger: Ledger, first: readonly number[], restart: number): Promise<void> {
  const { oracle, x, labels, options, seed, signal } = job;
  const norm: Norm = norms[options.norm];
  let active = first;
  let points = gather(x, active);
  if (options.randomStart)
    eachImage(points, x, active, (point, clean, index) => {
      norm.perturb(point, options.epsilon, new Random(seed, 'start', x.ids[index]!, restart));
      norm.project(point, clean, options.epsilon);
    });
  const velocities = new Map(active.map((index) => [index, new Float32Array(imageSize(x))]));
  // A ball of radius 0 holds nothing but the image itself.
  const steps = options.epsilon === 0 ? 0 : options.steps;
  for (let step = 0; step < steps; step++) {
    refuseIfCancelled(signal);
    const { logits, gradient } = await oracle.lossAndGradient(
      points,
      Int32Array.from(active, (index) => labels[index]!),
    );
    ledger.consider(active, points, logits);
    ledger.countGradients(active, gradient);
    const size = imageSize(x);
    eachImage(points, x, active, (point, clean, index, row) => {
      const slope = gradient.subarray(row * size, (row + 1) * size);
      norm.ascend(point, options.momentum === 0 ? slope : gathered(velocities.get(index)!, slope, options.momentum), options.stepSize);
      norm.project(point, clean, options.epsilon);
    });
    ({ active, points } = options.earlyStop ? dropBroken(active, points, ledger) : { active, points });
    job.progress?.({ step: restart * steps + step + 1, steps: options.restarts * steps, survivors: ledger.survivors().length });
    if (active.length === 0) return;
  }
  refuseIfCancelled(signal);
  ledger.consider(active, points, await oracle.forward(points));
}

/** velocity ← momentum · velocity + gradient / |gradient|₁, in place. */
function gathered(velocity: Float32Array, gradient: Float32Array, momentum: number): Float32Array {
  const length = Math.max(norms.l1.distance(gradient, new Float32Array(gradient.length)), 1e-12);
  for (let i = 0; i < velocity.length; i++) velocity[i] = momentum * velocity[i]! + gradient[i]! / length;
  return velocity;
}

/** Packs the images that are still classified correctly together. */
function dropBroken(active: readonly number[], points: Batch, ledger: Ledger): { active: readonly number[]; points: Batch } {
  const surviving = new Set(ledger.survivors());
  const rows = [...active.keys()].filter((row) => surviving.has(active[row]!));
  return rows.length === active.length ? { active, points } : { active: rows.map((row) => active[row]!), points: gather(points, rows) };
}

function eachImage(points: Batch, x: Batch, active: readonly number[], visit: (point: Float32Array, clean: Float32Array, index: number, row: number) => void) {
  const size = imageSize(x);
  active.forEach((index, row) => visit(points.data.subarray(row * size, (row + 1) * size), x.data.subarray(index * size, (index + 1) * size), index, row));
}
