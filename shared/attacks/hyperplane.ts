/** @file The shortest step onto a hyperplane that stays in the box [0,1], exactly (Croce and Hein, arXiv 1907.02044, section 3). */
import type { NormName } from './norms.js';

/**
 * The step d of least norm with weights·d = change and 0 ≤ x + d ≤ 1. With linf every pixel moves by min(t, its room), with l2 by min(t |weight|, its room),
 * for one t. With l1 the pixels of the largest weights go to the edge, one by one. Where the box has no such point, all pixels go to the edge.
 * The step is written to `step`, which is returned.
 */
export function stepOntoHyperplane(
  x: Float32Array,
  weights: Float32Array,
  change: number,
  norm: NormName,
  step: Float32Array = new Float32Array(x.length),
): Float32Array {
  const size = x.length;
  const goal = Math.abs(change);
  const sign = Math.sign(change);
  const { room, speed, weight } = scratchOf(size);
  for (let i = 0; i < size; i++) {
    const w = weights[i]!;
    room[i] = sign * w > 0 ? 1 - x[i]! : x[i]!;
    speed[i] = weight[i] = 0;
    if (w === 0 || !Number.isFinite(w)) continue;
    weight[i] = Math.abs(w);
    speed[i] = norm === 'linf' ? 1 : weight[i]!;
  }
  step.fill(0);
  if (norm === 'l1') return stepByLargestWeights(step, { weights, goal, sign, room, moving: [...speed.keys()].filter((i) => speed[i]! > 0) });
  const t = timeToReach(goal, { room, speed, weight });
  for (let i = 0; i < size; i++) if (speed[i]! > 0) step[i] = sign * Math.sign(weights[i]!) * Math.min(t * speed[i]!, room[i]!);
  return step;
}

interface Scratch {
  readonly room: Float64Array;
  readonly speed: Float64Array;
  readonly weight: Float64Array;
}

/** One step is computed at a time, and memory for each would keep the garbage collector busy. */
let scratch: Scratch = { room: new Float64Array(0), speed: new Float64Array(0), weight: new Float64Array(0) };

function scratchOf(size: number): Scratch {
  if (scratch.room.length !== size) scratch = { room: new Float64Array(size), speed: new Float64Array(size), weight: new Float64Array(size) };
  return scratch;
}

/** More turns than any image needed; the sum of rounding errors could keep the last bit of t moving. */
const MOST_TURNS = 100;

/**
 * The least t with Σ weight · min(t speed, room) = goal, or one at which all pixels are at the edge. The sum is concave and made of straight pieces, so
 * Newton's method from 0 comes up to it from below and ends on the right piece after a few turns, where sorting the pixels would cost far more.
 */
function timeToReach(goal: number, { room, speed, weight }: Scratch): number {
  let t = 0;
  let before = Infinity;
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    let [reached, rate] = [0, 0];
    for (let i = 0; i < room.length; i++) {
      const moved = t * speed[i]!;
      if (moved < room[i]!) {
        reached += weight[i]! * moved;
        rate += weight[i]! * speed[i]!;
      } else reached += weight[i]! * room[i]!;
    }
    if (rate === 0 || rate === before) return t;
    before = rate;
    t += (goal - reached) / rate;
  }
  return t;
}

function stepByLargestWeights(
  step: Float32Array,
  { weights, goal, sign, room, moving }: { weights: Float32Array; goal: number; sign: number; room: Float64Array; moving: readonly number[] },
): Float32Array {
  let left = goal;
  for (const i of moving.toSorted((a, b) => Math.abs(weights[b]!) - Math.abs(weights[a]!))) {
    if (left <= 0) break;
    const length = Math.min(room[i]!, left / Math.abs(weights[i]!));
    step[i] = sign * Math.sign(weights[i]!) * length;
    left -= length * Math.abs(weights[i]!);
  }
  return step;
}
