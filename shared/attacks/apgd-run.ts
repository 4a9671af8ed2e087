/** @file One run of APGD over some images of a job, for any loss (Croce and Hein, arXiv 2003.01690, algorithm 1). */
import { refuseIfCancelled } from './cancelled.js';
import { Random } from '../math/random.js';
import type { AttackJob, AttackOptions, Batch, LossAndGradient } from './attack.js';
import { StepSize } from './apgd-schedule.js';
import { apgdRunL1 } from './apgd-l1.js';
import { gather, imageSize } from './batch.js';
import type { Ledger } from './ledger.js';
import { norms, type Norm, type NormName } from './norms.js';

export interface ApgdOptions extends AttackOptions {
  readonly norm: NormName;
  readonly steps: number;
  /** Images leave at their first misclassified point; without it all go on to the last step, and the worst point of all is kept. */
  readonly earlyStop: boolean;
}

/** Loss and gradient at points, whose row r belongs to image `indices[r]`. */
export type Evaluate = (points: Batch, indices: readonly number[]) => Promise<LossAndGradient>;

/** Starts of its own for each image, in a ball of its own. */
export interface WarmStart {
  /** The point to climb from; it is brought into the ball first. */
  point(index: number): Float32Array;
  /** At most the radius of the job. */
  radius(index: number): number;
}

export interface ApgdRunOptions {
  /** [images], the classes aimed at, for the record. */
  readonly targets?: Int32Array | null;
  /** Absent: noise on the edge of the ball of the job's radius. */
  readonly warm?: WarmStart;
}

/** The first step as a multiple of the radius: across the ball from noise; from a start that was chosen only so far that it is not lost. */
const [STRIDE, WARM_STRIDE] = [2, 0.5];

/** Share of a step that goes along the gradient; the rest keeps the direction of the last one. */
const ALONG = 0.75;

/** Climbs in memory of its own, which it keeps: of new arrays for every step the garbage collector would take as long as the steps. */
interface Climber {
  readonly index: number;
  readonly step: StepSize;
  point: Float32Array;
  previous: Float32Array;
  /** Becomes the next point. */
  spare: Float32Array;
  /** A part of the last answer, or that of the best point. */
  gradient: Float32Array;
  readonly best: { loss: number; readonly point: Float32Array; readonly gradient: Float32Array };
}

/** Attacks the images at `indices` from a start drawn by (seed, id, keys) alone, or from those of `warm`. */
export async function apgdRun(
  job: AttackJob<ApgdOptions>,
  ledger: Ledger,
  indices: readonly number[],
  evaluate: Evaluate,
  keys: readonly (string | number)[],
  { targets = null, warm }: ApgdRunOptions = {},
): Promise<void> {
  if (job.options.norm === 'l1') return apgdRunL1(job, ledger, indices, evaluate, keys, { targets, ...(warm && { warm }) });
  const { x, options, seed, signal } = job;
  const norm = norms[options.norm];
  const size = imageSize(x);
  const clean = (index: number) => x.data.subarray(index * size, (index + 1) * size);
  const radiusOf = (index: number) => warm?.radius(index) ?? options.epsilon;
  const stride = warm === undefined ? STRIDE : WARM_STRIDE;
  let climbers: Climber[] = [];
  let points = gather(x, indices);
  indices.forEach((index, row) => {
    const point = points.data.subarray(row * size, (row + 1) * size);
    if (warm === undefined) startOnSphere(point, norm, options.epsilon, new Random(seed, 'apgd', x.ids[index]!, ...keys));
    else point.set(warm.point(index));
    norm.project(point, clean(index), radiusOf(index));
  });
  for (let step = 0; step <= options.steps; step++) {
    refuseIfCancelled(signal);
    const active = step === 0 ? indices : climbers.map(({ index }) => index);
    const { loss, logits, gradient } = await evaluate(points, active);
    ledger.consider(active, points, logits, targets);
    ledger.countGradients(active, gradient);
    const slope = (row: number) => gradient.subarray(row * size, (row + 1) * size);
    if (step === 0)
      climbers = active.map((index, row) => {
        const point = points.data.slice(row * size, (row + 1) * size);
        const best = { loss: loss[row]!, point: point.slice(), gradient: slope(row).slice() };
        const sizes = new StepSize(stride * radiusOf(index), options.steps, loss[row]!);
        return { index, step: sizes, point, previous: point.slice(), spare: new Float32Array(size), gradient: best.gradient, best };
      });
    else climbers.forEach((climber, row) => enter(climber, loss[row]!, slope(row)));
    const surviving = new Set(ledger.survivors());
    if (options.earlyStop) climbers = climbers.filter(({ index }) => surviving.has(index));
    if (climbers.length === 0 || step === options.steps) return;
    points = gather(
      x,
      climbers.map(({ index }) => index),
    );
    climbers.forEach((climber, row) => {
      move(climber, clean(climber.index), norm, radiusOf(climber.index), step === 0 ? 1 : ALONG);
      points.data.set(climber.point, row * size);
    });
    job.progress?.({ step: step + 1, steps: options.steps, survivors: surviving.size });
  }
}

function enter(climber: Climber, loss: number, gradient: Float32Array): void {
  const { best, point } = climber;
  climber.gradient = gradient;
  if (loss > best.loss) {
    best.loss = loss;
    best.point.set(point);
    best.gradient.set(gradient);
  }
  if (!climber.step.enter(loss, best.loss)) return;
  point.set(best.point);
  climber.gradient = best.gradient;
}

/** x ← P(x + a (P(x + step · direction) - x) + (1 - a) (x - previous)) */
function move(climber: Climber, clean: Float32Array, norm: Norm, epsilon: number, along: number): void {
  const { point, previous, spare: next, gradient, step } = climber;
  next.set(point);
  norm.ascend(next, gradient, step.size);
  norm.project(next, clean, epsilon);
  for (let i = 0; i < next.length; i++) next[i] = point[i]! + along * (next[i]! - point[i]!) + (1 - along) * (point[i]! - previous[i]!);
  norm.project(next, clean, epsilon);
  [climber.point, climber.previous, climber.spare] = [next, point, previous];
}

/** Noise that reaches the edge of the ball: uniform with its largest value at epsilon (linf), or of length epsilon (l2). */
function startOnSphere(point: Float32Array, norm: Norm, epsilon: number, random: Random): void {
  const noise = Float32Array.from(point, () => (norm.name === 'linf' ? random.uniform(-1, 1) : random.normal()));
  const length = Math.max(norm.distance(noise, new Float32Array(noise.length)), 1e-12);
  for (let i = 0; i < point.length; i++) point[i]! += (epsilon * noise[i]!) / length;
}
