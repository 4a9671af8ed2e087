/** @file FAB-T: the nearest misclassified point, by linearising the margin towards each runner-up (Croce and Hein, arXiv 1907.02044, algorithm 1). */
import { Type, type Static } from '@sinclair/typebox';
import type { Attack, AttackJob } from './attack.js';
import { gather, imageSize } from './batch.js';
import { refuseIfCancelled } from './cancelled.js';
import { stepOntoHyperplane } from './hyperplane.js';
import { Ledger } from './ledger.js';
import { marginsOf, plainMargin } from './margin.js';
import { argmaxRow } from '../math/logits.js';
import { norms, type NormName } from './norms.js';
import { runnersUp } from './runners-up.js';

const schema = Type.Object(
  {
    epsilon: Type.Number({ minimum: 0, description: 'radius of the ball, in pixels of [0,1]' }),
    norm: Type.Optional(Type.Union([Type.Literal('linf'), Type.Literal('l2')], { description: 'norm of the ball; linf' })),
    targets: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, description: 'runner-up classes that are tried, at most all; 9' })),
    steps: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000, description: 'steps per target; 100' })),
    earlyStop: Type.Optional(Type.Boolean({ description: 'stop working on an image at its first misclassified point in the ball; true' })),
  },
  { additionalProperties: false },
);

type FabOptions = Static<typeof schema>;

/** Overshoot across the boundary, the largest pull towards the image, and how much of the change is kept after a success. */
const [OVERSHOOT, PULL, KEEP] = [1.05, 0.1, 0.9];

/** Deterministic. Without earlyStop the point it returns for a broken image is the nearest one towards the first target that broke it. */
export const fabT: Attack<FabOptions> = {
  name: 'fab-t',
  summary: 'the nearest misclassified point, towards each of the runner-up classes',
  options: schema,
  complete: ({ epsilon, norm = 'linf', targets = 9, steps = 100, earlyStop = true }) => ({ epsilon, norm, targets, steps, earlyStop }),
  async run(job) {
    const options = fabT.complete(job.options);
    const ledger = await Ledger.open(job.oracle, job.x, job.labels, { trace: false });
    for await (const { targets, survivors } of runnersUp(job, ledger, options.targets)) await search({ ...job, options }, ledger, survivors, targets);
    return ledger.outcomes();
  },
};

interface Walker {
  readonly index: number;
  readonly clean: Float32Array;
  point: Float32Array;
  best: { distance: number; point: Float32Array } | null;
}

/** One run towards one class per image, for the images at `indices`. */
async function search(job: AttackJob<Required<FabOptions>>, ledger: Ledger, indices: readonly number[], targets: Int32Array): Promise<void> {
  const { oracle, x, labels, options, signal } = job;
  const margins = marginsOf(oracle, 'fab-t');
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
    return { index, clean, point: clean.slice(), best: null };
  });
  for (let step = 0, active: readonly Walker[] = all; step < options.steps && active.length > 0; step++) {
    refuseIfCancelled(signal);
    const at = (values: Int32Array) => Int32Array.from(active, ({ index }) => values[index]!);
    const { loss, gradient } = await margins(batchOf(active), at(labels), at(targets), plainMargin);
    ledger.countGradients(
      active.map(({ index }) => index),
      gradient,
    );
    active.forEach((walker, row) => move(walker, loss[row]!, gradient.subarray(row * size, (row + 1) * size), options.norm));
    const logits = await oracle.forward(batchOf(active));
    active.forEach((walker, row) => {
      if (argmaxRow(logits, oracle.classes, row) === labels[walker.index]) return;
      const distance = norm.distance(walker.point, walker.clean);
      if (distance < (walker.best?.distance ?? Infinity)) walker.best = { distance, point: walker.point };
      walker.point = walker.point.map((value, i) => walker.clean[i]! + KEEP * (value - walker.clean[i]!));
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
  ledger.consider(indices, points, await oracle.forward(points));
}

/** Steps beyond the linearised boundary, from the point and from the image, mixed by how far each is from it. */
function move(walker: Walker, margin: number, gradient: Float32Array, name: NormName): void {
  const { point, clean } = walker;
  const zero = new Float32Array(point.length);
  const there = gradient.reduce((sum, weight, i) => sum + weight * (clean[i]! - point[i]!), margin);
  const near = stepOntoHyperplane(point, gradient, -margin, name);
  const far = stepOntoHyperplane(clean, gradient, -there, name);
  const [a, b] = [near, far].map((step) => Math.max(norms[name].distance(step, zero), 1e-8)) as [number, number];
  const pull = Math.min(Math.max(a / (a + b), 0), PULL);
  walker.point = point.map((value, i) => {
    const next = (1 - pull) * (value + OVERSHOOT * near[i]!) + pull * (clean[i]! + OVERSHOOT * far[i]!);
    return Math.min(Math.max(next, 0), 1);
  });
}
