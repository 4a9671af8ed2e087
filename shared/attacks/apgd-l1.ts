/** @file One run of APGD in the L1 ball: sparse steps, exact projections, and radii that shrink to the wanted one (Croce and Hein, arXiv 2103.01208). */
import { Random } from '../math/random.js';
import type { ApgdOptions, ApgdRunOptions, Evaluate } from './apgd-run.js';
import type { AttackJob } from './attack.js';
import { gather, imageSize } from './batch.js';
import { refuseIfCancelled } from './cancelled.js';
import type { Ledger } from './ledger.js';
import { ascendSparse, l1 } from './norm-l1.js';

/** Radii as multiples of the wanted one, and the shares of the steps that they get; the last radius gets what is left. */
const PHASES = [
  { radius: 3, share: 0.3 },
  { radius: 2, share: 0.3 },
  { radius: 1, share: 0.4 },
] as const;

/** A step moves as many values as the best point has changed, divided by this. */
const SPARSER = 1.5;
/** Share of the steps between two looks at the progress, what the step is divided by, and its least share of the radius. */
const [LOOK, SLOWER, LEAST] = [0.04, 1.5, 0.1];
/** Below this share of the changed values of the last look, the change has become sparser. */
const SPARSER_THAN = 0.95;

interface Climber {
  readonly index: number;
  readonly clean: Float32Array;
  readonly radius: number;
  point: Float32Array;
  gradient: Float32Array;
  best: { loss: number; point: Float32Array; gradient: Float32Array };
  size: number;
  share: number;
  changed: number;
}

/** As `apgdRun`. Points of the wider balls guide the start of the next phase and are not looked at as adversarial. */
export async function apgdRunL1(
  job: AttackJob<ApgdOptions>,
  ledger: Ledger,
  indices: readonly number[],
  evaluate: Evaluate,
  keys: readonly (string | number)[],
  { targets = null, warm }: ApgdRunOptions,
): Promise<void> {
  const { x, options, seed } = job;
  const size = imageSize(x);
  if (warm !== undefined) {
    // What a wide ball would find first is known already.
    const starts = new Map(indices.map((index) => [index, warm.point(index)]));
    await climb(job, ledger, indices, evaluate, { starts, targets, steps: options.steps, radiusOf: (index) => warm.radius(index), inBall: true });
    return;
  }
  const starts = new Map<number, Float32Array>();
  for (const index of indices) {
    const random = new Random(seed, 'apgd', x.ids[index]!, ...keys);
    starts.set(
      index,
      x.data.slice(index * size, (index + 1) * size).map((value) => value + random.normal()),
    );
  }
  let left = options.steps;
  for (const [phase, { radius, share }] of PHASES.entries()) {
    const steps = phase === PHASES.length - 1 ? left : Math.min(left, Math.ceil(share * options.steps));
    left -= steps;
    const best = await climb(job, ledger, indices, evaluate, { starts, targets, steps, radiusOf: () => radius * options.epsilon, inBall: radius === 1 });
    for (const [index, point] of best) starts.set(index, point);
  }
}

interface Phase {
  readonly starts: ReadonlyMap<number, Float32Array>;
  readonly targets: Int32Array | null;
  readonly steps: number;
  readonly radiusOf: (index: number) => number;
  readonly inBall: boolean;
}

/** @returns the points of the largest loss. */
async function climb(job: AttackJob<ApgdOptions>, ledger: Ledger, indices: readonly number[], evaluate: Evaluate, phase: Phase) {
  const { x, options, signal } = job;
  const { radiusOf, steps } = phase;
  const size = imageSize(x);
  const look = Math.max(Math.floor(LOOK * steps), 1);
  let climbers = indices.map((index): Climber => {
    const clean = x.data.subarray(index * size, (index + 1) * size);
    const point = phase.starts.get(index)!.slice();
    const radius = radiusOf(index);
    l1.project(point, clean, radius);
    const changed = changes(point, clean);
    const best = { loss: -Infinity, point, gradient: new Float32Array(size) };
    return { index, clean, radius, point, gradient: best.gradient, best, size: radius, share: changed / size / SPARSER, changed };
  });
  const all = climbers;
  for (let step = 0; step <= steps && climbers.length > 0; step++) {
    refuseIfCancelled(signal);
    const active = climbers.map(({ index }) => index);
    const points = gather(x, active);
    climbers.forEach(({ point }, row) => points.data.set(point, row * size));
    const { loss, logits, gradient } = await evaluate(points, active);
    if (phase.inBall) ledger.consider(active, points, logits, phase.targets);
    ledger.countGradients(active, gradient);
    climbers.forEach((climber, row) => {
      climber.gradient = gradient.slice(row * size, (row + 1) * size);
      if (loss[row]! > climber.best.loss) climber.best = { loss: loss[row]!, point: climber.point, gradient: climber.gradient };
      if (step > 0 && step % look === 0) adapt(climber);
    });
    const surviving = new Set(ledger.survivors());
    if (phase.inBall && options.earlyStop) climbers = climbers.filter(({ index }) => surviving.has(index));
    for (const climber of climbers) {
      const next = climber.point.slice();
      ascendSparse(next, climber.gradient, climber.size, Math.max(1, Math.round(climber.share * size)));
      l1.project(next, climber.clean, climber.radius);
      climber.point = next;
    }
    job.progress?.({ step, steps, survivors: surviving.size });
  }
  return all.map(({ index, best }) => [index, best.point] as const);
}

/** Where the best point has become sparser, go back to it with a long step; else shorten the step. */
function adapt(climber: Climber): void {
  const changed = changes(climber.best.point, climber.clean);
  climber.share = changed / climber.clean.length / SPARSER;
  if (changed / climber.changed < SPARSER_THAN) {
    climber.size = climber.radius;
    climber.point = climber.best.point;
    climber.gradient = climber.best.gradient;
  } else climber.size = Math.max(climber.size / SLOWER, LEAST * climber.radius);
  climber.changed = changed;
}

/** Values that differ, at least one so that it can be divided by. */
function changes(point: Float32Array, clean: Float32Array): number {
  let count = 0;
  for (let i = 0; i < point.length; i++) if (point[i] !== clean[i]) count += 1;
  return Math.max(count, 1);
}
