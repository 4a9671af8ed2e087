/** @file Losses of outputs that are no logits: distances to a target of the same shape. */
import type { Value } from '../../graph/value.js';
import type { AttackLoss } from './loss.js';

/** d loss / d output = 2 (output - target) */
export const l2ToTarget: AttackLoss = {
  name: 'l2-to-target',
  summary: 'squared Euclidean distance of the output to the target',
  formula: 'Σ (output - target)²',
  inputs: ['target'],
  build(g, output, [target]) {
    const difference = g.sub(output, target!);
    return { loss: g.sum(g.mul(difference, difference), [1]), seed: { value: output, cotangent: g.mul(difference, g.scalarLike(2, difference)) } };
  },
};

/** Lengths below this are taken as this, so that a zero vector has a gradient of zero and not NaN. */
const LEAST_LENGTH = 1e-12;

/** loss = 1 - ô·t̂ with unit vectors;  d loss / d output = (ô (ô·t̂) - t̂) / |output| */
export const cosineToTarget: AttackLoss = {
  name: 'cosine-to-target',
  summary: 'one minus the cosine of the output with the target',
  formula: '1 - cos(output, target)',
  inputs: ['target'],
  build(g, output, [target]) {
    const length = (v: Value): Value => g.node('Max', [g.node('Sqrt', [g.sum(g.mul(v, v), [1], true)]), g.scalarLike(LEAST_LENGTH, v)]);
    const size = length(output);
    const [unit, goal] = [g.div(output, size), g.div(target!, length(target!))];
    const cosine = g.sum(g.mul(unit, goal), [1], true);
    const loss = g.reshape(g.sub(g.scalarLike(1, cosine), cosine), [output.type.shape[0]!]);
    return { loss, seed: { value: output, cotangent: g.div(g.sub(g.mul(unit, cosine), goal), size) } };
  },
};
