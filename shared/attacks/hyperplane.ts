/** @file The shortest step onto a hyperplane that stays in the box [0,1], exactly (Croce and Hein, arXiv 1907.02044, section 3). */
import type { NormName } from './norms.js';

/**
 * The step d of least norm with weights·d = change and 0 ≤ x + d ≤ 1. With linf every pixel moves by min(t, its room), with l2 by min(t |weight|, its room),
 * for one t, which is found among the sorted points where pixels reach the edge. With l1 the pixels of the largest weights go to the edge, one by one. Where the box has no such point, all pixels go to the edge.
 */
export function stepOntoHyperplane(x: Float32Array, weights: Float32Array, change: number, norm: NormName): Float32Array {
  const step = new Float32Array(x.length);
  const goal = Math.abs(change);
  const sign = Math.sign(change);
  const room = Float64Array.from(x, (value, i) => (sign * weights[i]! > 0 ? 1 - value : value));
  const speed = Float64Array.from(weights, (weight) => (weight === 0 || !Number.isFinite(weight) ? 0 : norm === 'linf' ? 1 : Math.abs(weight)));
  const moving = [...x.keys()].filter((i) => speed[i]! > 0);
  if (norm === 'l1') return stepByLargestWeights({ weights, goal, sign, room, moving });
  const time = Float64Array.from(x, (_, i) => room[i]! / speed[i]!);
  // By the time at which they reach the edge; between two such times the change grows in proportion.
  moving.sort((a, b) => time[a]! - time[b]!);
  let rate = moving.reduce((sum, i) => sum + Math.abs(weights[i]!) * speed[i]!, 0);
  let [reached, t] = [0, 0];
  for (const i of moving) {
    const next = reached + rate * (time[i]! - t);
    if (next >= goal) break;
    [reached, t] = [next, time[i]!];
    rate -= Math.abs(weights[i]!) * speed[i]!;
  }
  const end = rate > 0 ? t + (goal - reached) / rate : t;
  for (const i of moving) step[i] = sign * Math.sign(weights[i]!) * Math.min(end * speed[i]!, room[i]!);
  return step;
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
