/** @file The shortest step onto a hyperplane that stays in the box [0,1], exactly (Croce and Hein, arXiv 1907.02044, section 3). */
import type { NormName } from './norms.js';

/**
 * The step d of least norm with weights·d = change and 0 ≤ x + d ≤ 1. With linf every pixel moves by min(t, its room), with l2 by min(t |weight|, its room),
 * for one t. With l1 the pixels of the largest weights go to the edge, one by one. Where the box has no such point, all pixels go to the edge.
 */
export function stepOntoHyperplane(x: Float32Array, weights: Float32Array, change: number, norm: NormName): Float32Array {
  const size = x.length;
  const step = new Float32Array(size);
  const goal = Math.abs(change);
  const sign = Math.sign(change);
  const [room, speed, weight] = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  for (let i = 0; i < size; i++) {
    const w = weights[i]!;
    room[i] = sign * w > 0 ? 1 - x[i]! : x[i]!;
    if (w === 0 || !Number.isFinite(w)) continue;
    weight[i] = Math.abs(w);
    speed[i] = norm === 'linf' ? 1 : weight[i]!;
  }
  if (norm === 'l1') return stepByLargestWeights({ weights, goal, sign, room, moving: [...speed.keys()].filter((i) => speed[i]! > 0) });
  const t = timeToReach(goal, { room, speed, weight });
  for (let i = 0; i < size; i++) if (speed[i]! > 0) step[i] = sign * Math.sign(weights[i]!) * Math.min(t * speed[i]!, room[i]!);
  return step;
}

/** More turns than any image needed; the sum of rounding errors could keep the last bit of t moving. */
const MOST_TURNS = 100;

/**
 * The least t with Σ weight · min(t speed, room) = goal, or one at which all pixels are at the edge. The sum is concave and made of straight pieces, so
 * Newton's method from 0 comes up to it from below and ends on the right piece after a few turns, where sorting the pixels would cost far more.
 */
function timeToReach(goal: number, { room, speed, weight }: { room: Float64Array; speed: Float64Array; weight: Float64Array }): number {
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

function stepByLargestWeights(plane: { weights: Float32Array; goal: number; sign: number; room: Float64Array; moving: readonly number[] }): Float32Array {
  const { weights, goal, sign, room, moving } = plane;
  const step = new Float32Array(weights.length);
  let left = goal;
  for (const i of moving.toSorted((a, b) => Math.abs(weights[b]!) - Math.abs(weights[a]!))) {
    if (left <= 0) break;
    const length = Math.min(room[i]!, left / Math.abs(weights[i]!));
    step[i] = sign * Math.sign(weights[i]!) * length;
    left -= length * Math.abs(weights[i]!);
  }
  return step;
}
