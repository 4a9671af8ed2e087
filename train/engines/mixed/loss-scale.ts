/** @file Loss scaling (Micikevicius et al., arXiv 1710.03740, section 3.2): gradients are computed large, so that halves hold them; a step that overflows is left out. */
import type { GraphBuilder } from '@robenc/shared/graph/builder.js';
import type { Value } from '@robenc/shared/graph/value.js';
import type { Parameters } from '../../tensors/parameters.js';

/** Where the scale and the steps since it last moved lie among the slots, so that checkpoints carry them. */
export const SCALE = 'precision/lossScale';
export const STEPS = 'precision/steps';

/** What a run starts with, the least and the greatest scale, and after how many good steps it is doubled. */
const [FIRST, LEAST, GREATEST, PATIENCE] = [2 ** 12, 1, 2 ** 24, 500];

/** Ascent passes use the signs of gradients alone: a scale that is never far off will do. */
export const ASCENT_SCALE = 2 ** 10;

/** The slots that mixed precision adds to those of the optimizer, before the first step. */
export function initLossScale(): Parameters {
  return { [SCALE]: { shape: [], data: Float32Array.of(FIRST) }, [STEPS]: { shape: [], data: Float32Array.of(0) } };
}

/** Whether the length of all gradients, and so each of them, is a number. */
export function isFinite(g: GraphBuilder, length: Value): Value {
  return g.node('Equal', [g.sub(length, length), g.scalar(0)]);
}

/** The new values where the step was good, else those before it. */
export function keptUnless<T extends Readonly<Record<string, Value>>>(g: GraphBuilder, good: Value, next: T, before: Readonly<Record<string, Value>>): T {
  return Object.fromEntries(Object.entries(next).map(([name, value]) => [name, name in before ? g.node('Where', [good, value, before[name]!]) : value])) as T;
}

/** Half the scale after an overflow; twice the scale when it was good for long. */
export function moveLossScale(g: GraphBuilder, good: Value, scale: Value, steps: Value): Record<string, Value> {
  const patient = g.node('GreaterOrEqual', [steps, g.scalar(PATIENCE - 1)]);
  const after = g.node('Where', [patient, g.mul(scale, g.scalar(2)), scale]);
  const moved = g.node('Where', [good, after, g.mul(scale, g.scalar(0.5))]);
  const counted = g.node('Where', [patient, g.scalar(0), g.add(steps, g.scalar(1))]);
  return {
    [SCALE]: g.node('Min', [g.node('Max', [moved, g.scalar(LEAST)]), g.scalar(GREATEST)]),
    [STEPS]: g.node('Where', [good, counted, g.scalar(0)]),
  };
}

/** The length as metrics show it: 0 for a step that was left out, so that the run goes on, unless the scale cannot fall any more. */
export function shownLength(g: GraphBuilder, good: Value, length: Value, scale: Value): Value {
  const hopeless = g.node('LessOrEqual', [scale, g.scalar(LEAST)]);
  return g.node('Where', [g.node('Or', [good, hopeless]), length, g.scalar(0)]);
}
