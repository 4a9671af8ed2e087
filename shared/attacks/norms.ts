/** @file Norms as data: a distance, a steepest step, a random point and a projection. Everything works on one image at a time, in place. */
import type { Random } from '../math/random.js';
import { l1 } from './norm-l1.js';

/** One image inside a larger array. */
export type Pixels = Float32Array;

export interface Norm {
  readonly name: 'linf' | 'l2' | 'l1';
  /** The norm of a - b. */
  distance(a: Pixels, b: Pixels): number;
  /** x += stepSize · the direction of unit norm that raises the loss fastest. A zero gradient moves nothing; NaN counts as 0. */
  ascend(x: Pixels, gradient: Pixels, stepSize: number): void;
  /** Adds a point drawn from the ball of radius epsilon to x. */
  perturb(x: Pixels, epsilon: number, random: Random): void;
  /** Brings x back into the ball of radius epsilon around `centre`, and then into [0,1]. */
  project(x: Pixels, centre: Pixels, epsilon: number): void;
  /** The dual norm of a gradient: by how much a step of unit norm can change what it is the gradient of. */
  dual(gradient: Pixels): number;
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

/** Largest absolute change. Steps go by the sign of the gradient (Goodfellow et al., arXiv 1412.6572; Madry et al., arXiv 1706.06083). */
const linf: Norm = {
  name: 'linf',
  distance(a, b) {
    let largest = 0;
    for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
    return largest;
  },
  ascend(x, gradient, stepSize) {
    for (let i = 0; i < x.length; i++) x[i]! += stepSize * finite(Math.sign(gradient[i]!));
  },
  perturb(x, epsilon, random) {
    for (let i = 0; i < x.length; i++) x[i]! += random.uniform(-epsilon, epsilon);
  },
  project(x, centre, epsilon) {
    for (let i = 0; i < x.length; i++) {
      const c = centre[i]!;
      const inBall = Math.min(Math.max(x[i]!, c - epsilon), c + epsilon);
      x[i] = Math.min(Math.max(inBall, 0), 1);
    }
  },
  dual: (gradient) => gradient.reduce((sum, value) => sum + Math.abs(value), 0),
};

/** Smallest Euclidean length that is divided by, so that a zero gradient gives no NaN. */
const FLOOR = 1e-12;

/** Euclidean length. Steps go along the normalised gradient. */
const l2: Norm = {
  name: 'l2',
  distance(a, b) {
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
    return Math.sqrt(sum);
  },
  ascend(x, gradient, stepSize) {
    let sum = 0;
    for (let i = 0; i < x.length; i++) sum += finite(gradient[i]!) ** 2;
    const scale = stepSize / Math.max(Math.sqrt(sum), FLOOR);
    for (let i = 0; i < x.length; i++) x[i]! += scale * finite(gradient[i]!);
  },
  perturb(x, epsilon, random) {
    const direction = Float64Array.from({ length: x.length }, () => random.normal());
    const length = Math.sqrt(direction.reduce((sum, value) => sum + value * value, 0));
    // The radius of a uniform point in a d-ball is U^(1/d), which is almost 1 for images; a uniform radius reaches the inside too.
    const scale = (epsilon * random.next()) / Math.max(length, FLOOR);
    for (let i = 0; i < x.length; i++) x[i]! += scale * direction[i]!;
  },
  project(x, centre, epsilon) {
    const distance = l2.distance(x, centre);
    const scale = distance > epsilon ? epsilon / distance : 1;
    for (let i = 0; i < x.length; i++) {
      const inBall = centre[i]! + scale * (x[i]! - centre[i]!);
      x[i] = Math.min(Math.max(inBall, 0), 1);
    }
  },
  dual: (gradient) => Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0)),
};

/** The norms by name. */
export const norms = { linf, l2, l1 } as const;
export type NormName = keyof typeof norms;
