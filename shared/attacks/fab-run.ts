/** @file One run of FAB over some images of a job, for any choice of the boundary (Croce and Hein, arXiv 1907.02044, algorithm 1). */
import { Random } from '../math/random.js';
import { argmaxRow } from '../math/logits.js';
import type { AttackJob, AttackOptions, Batch } from './attack.js';
import { gather, imageSize } from './batch.js';
import { refuseIfCancelled } from './cancelled.js';
import { stepOntoHyperplane } from './hyperplane.js';
import type { Ledger } from './ledger.js';
import { norms, type NormName } from './norms.js';

export interface FabRunOptions extends AttackOptions {
  readonly norm: NormName;
  readonly steps: number;
  readonly earlyStop: boolean;
}

/** The boundary that each image at `indices` goes for, linearised at its point: margin (below 0 on the label's side) and its gradient. */
export type Boundary = (points: Batch, indices: readonly number[]) => Promise<{ margin: ArrayLike<number>; gradient: Float32Array }>;

/** Overshoot across the boundary, the largest pull towards the image, and how much of the change is kept after a success. */
const [OVERSHOOT, PULL, KEEP] = [1.05, 0.1, 0.9];

/** Walks in memory of its own, which it keeps. */
interface Walker {
  readonly index: number;
  readonly clean: Float32Array;
  readonly point: Float32Array;
  best: { distance: number; readonly point: Float32Array } | null;
}

/** Memory for the two steps of a walker at a time, and a step of nothing. */
interface Steps {
  readonly near: Float32Array;
  readonly far: Float32Array;
  readonly none: Float32Array;
}

/** Restart 0 starts at the image, which makes it deterministic; later ones at noise of half the radius, drawn by (seed, id, restart). */
export async function fabRun(
  job: AttackJob<FabRunOptions>,
  ledger: Ledger,
  indices: readonly number[],
  boundary: Boundary,
  { restart, targets }: { restart: number; targets: Int32Array | null },
): Promise<void> {
  const { oracle, x, labels, options, seed, signal } = job;
  const norm = norms[options.norm];
  const size = imageSize(x);
  const batchOf = (walkers: readonly Walker[], pointOf = (walker: Walker) => walker.point) => {
    const batch = gather(
      x,
      walkers.map(({ index }) => index),
    );
    walkers.forEach((walker, row) => batch.data.set(pointOf(walker), row * size));
    return batch;
  };
  const all = indices.map((index): Walker => {
    const clean = x.data.subarray(index * size, (index + 1) * size);
    const point = clean.slice();
    if (restart > 0) startAway(point, options, new Random(seed, 'fab', x.ids[index]!, restart));
    return { index, clean, point, best: null };
  });
  const steps: Steps = { near: new Float32Array(size), far: new Float32Array(size), none: new Float32Array(size) };
  for (let step = 0, active: readonly Walker[] = all; step < options.steps && active.length > 0; step++) {
    refuseIfCancelled(signal);
    const at = active.map(({ index }) => index);
    const { margin, gradient } = await boundary(batchOf(active), at);
    active.forEach((walker, row) => move(walker, margin[row]!, gradient.subarray(row * size, (row + 1) * size), options.norm, steps));
    const logits = await oracle.forward(batchOf(active));
    active.forEach((walker, row) => {
      if (argmaxRow(logits, oracle.classes, row) === labels[walker.index]) return;
      const distance = norm.distance(walker.point, walker.clean);
      if (distance < (walker.best?.distance ?? Infinity)) keep(walker, distance);
      pullBack(walker);
    });
    if (options.earlyStop) active = active.filter(({ best }) => best === null || best.distance > options.epsilon);
    job.progress?.({ step: step + 1, steps: options.steps, survivors: ledger.survivors().length });
  }
  // Where the nearest point lies outside of the ball, the last one is brought back to it: that costs one pass and may still do.
  const points = batchOf(all, ({ best, point, clean }) => {
    if (best !== null && best.distance <= options.epsilon) return best.point;
    const back = (best?.point ?? point).slice();
    norm.project(back, clean, options.epsilon);
    return back;
  });
  ledger.consider(indices, points, await oracle.forward(points), targets);
}

/** Adds noise of half the radius, uniform for linf and normal for the others, and goes back into [0,1]. */
function startAway(point: Float32Array, { norm, epsilon }: FabRunOptions, random: Random): void {
  const noise = Float32Array.from(point, () => (norm === 'linf' ? random.uniform(-1, 1) : random.normal()));
  const length = Math.max(norms[norm].distance(noise, new Float32Array(noise.length)), 1e-12);
  for (let i = 0; i < point.length; i++) point[i] = Math.min(Math.max(point[i]! + (epsilon * noise[i]!) / (2 * length), 0), 1);
}

/** Steps beyond the linearised boundary, from the point and from the image, mixed by how far each is from it. */
function move({ point, clean }: Walker, margin: number, gradient: Float32Array, name: NormName, { near, far, none }: Steps): void {
  let there = margin;
  for (let i = 0; i < point.length; i++) there += gradient[i]! * (clean[i]! - point[i]!);
  stepOntoHyperplane(point, gradient, -margin, name, near);
  stepOntoHyperplane(clean, gradient, -there, name, far);
  const [a, b] = [near, far].map((step) => Math.max(norms[name].distance(step, none), 1e-8)) as [number, number];
  const pull = Math.min(Math.max(a / (a + b), 0), PULL);
  for (let i = 0; i < point.length; i++) {
    const mixed = (1 - pull) * (point[i]! + OVERSHOOT * near[i]!) + pull * (clean[i]! + OVERSHOOT * far[i]!);
    point[i] = Math.min(Math.max(mixed, 0), 1);
  }
}

function keep(walker: Walker, distance: number): void {
  if (walker.best === null) walker.best = { distance, point: walker.point.slice() };
  else {
    walker.best.distance = distance;
    walker.best.point.set(walker.point);
  }
}

function pullBack({ point, clean }: Walker): void {
  for (let i = 0; i < point.length; i++) point[i] = clean[i]! + KEEP * (point[i]! - clean[i]!);
}
