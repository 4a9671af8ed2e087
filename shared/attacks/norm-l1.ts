/** @file The L1 norm: sparse steps, and the exact projection onto the ball cut by the box (Croce and Hein, arXiv 2103.01208, proposition 2.1). */
import type { Random } from '../math/random.js';
import type { Norm, Pixels } from './norms.js';

/** Share of the values that a step of steepest ascent moves (SLIDE, Tramèr and Boneh, arXiv 1904.13000). */
const MOVED = 0.01;

/** Halvings that find the threshold of the projection: enough for the last bit of a float32. */
const HALVINGS = 60;

/** Keeps so much of the radius free, as a share, that thousands of roundings to float32 do not add up to more than it. */
const SPARE = 1e-6;

/** Sum of absolute changes. Steps move the values with the largest gradients, all by the same amount. */
export const l1: Norm = {
  name: 'l1',
  distance(a, b) {
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
    return sum;
  },
  ascend: (x, gradient, stepSize) => ascendSparse(x, gradient, stepSize, Math.max(1, Math.round(MOVED * x.length))),
  perturb(x, epsilon, random: Random) {
    // Laplace noise has level sets that are L1 spheres; a uniform radius reaches the inside too.
    const noise = Float64Array.from({ length: x.length }, () => -Math.log(1 - random.next()) * (random.next() < 0.5 ? -1 : 1));
    const scale =
      (epsilon * random.next()) /
      Math.max(
        noise.reduce((sum, value) => sum + Math.abs(value), 0),
        1e-12,
      );
    for (let i = 0; i < x.length; i++) x[i]! += scale * noise[i]!;
  },
  project: projectL1,
  dual: (gradient) => gradient.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0),
};

/** Adds stepSize / count · sign to the `count` values with the largest gradients (more where several tie); zero gradients and NaN move nothing. */
export function ascendSparse(x: Pixels, gradient: Pixels, stepSize: number, count: number): void {
  const sizes = Float32Array.from(gradient, (value) => (Number.isFinite(value) ? Math.abs(value) : 0));
  const least = sizes.slice().sort()[Math.max(0, sizes.length - count)]!;
  let moved = 0;
  for (const size of sizes) if (size > 0 && size >= least) moved += 1;
  for (let i = 0; i < x.length; i++) if (sizes[i]! > 0 && sizes[i]! >= least) x[i]! += (stepSize / moved) * Math.sign(gradient[i]!);
}

/**
 * The nearest point (in Euclidean length) with |x - centre|₁ ≤ epsilon and 0 ≤ x ≤ 1: every change is shortened by one threshold and cut off at the edge
 * of the box, which moves the threshold down. Without the box first, then into it, would waste part of the radius.
 */
function projectL1(x: Pixels, centre: Pixels, epsilon: number): void {
  const radius = epsilon * (1 - SPARE);
  const room = (i: number) => (x[i]! > centre[i]! ? 1 - centre[i]! : centre[i]!);
  const length = (threshold: number) => {
    let sum = 0;
    for (let i = 0; i < x.length; i++) sum += Math.min(Math.max(Math.abs(x[i]! - centre[i]!) - threshold, 0), room(i));
    return sum;
  };
  let threshold = 0;
  if (length(0) > radius) {
    let [low, high] = [0, x.reduce((largest, value, i) => Math.max(largest, Math.abs(value - centre[i]!)), 0)];
    for (let k = 0; k < HALVINGS; k++) {
      const middle = (low + high) / 2;
      if (length(middle) > radius) low = middle;
      else high = middle;
    }
    threshold = high;
  }
  for (let i = 0; i < x.length; i++) {
    const change = Math.min(Math.max(Math.abs(x[i]! - centre[i]!) - threshold, 0), room(i));
    x[i] = Math.min(Math.max(centre[i]! + Math.sign(x[i]! - centre[i]!) * change, 0), 1);
  }
}
