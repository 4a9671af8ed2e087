/** @file Computes a node whose inputs are all constants, without a runtime: what exporters leave of their own arithmetic, and what gradients do to weights. */
import { isFixed } from '../dim.js';
import type { Attrs, TensorData, Type } from '../value.js';
import { ELEMENTWISE } from './elementwise.js';
import { MOVEMENT } from './movement.js';

const EVALUATORS = { ...ELEMENTWISE, ...MOVEMENT };

/** Output 0 of the node, or null where its operator is not among those that are computed here. */
export function evaluate(op: string, inputs: readonly (TensorData | null)[], attrs: Attrs, type: Type): TensorData | null {
  const evaluator = Object.hasOwn(EVALUATORS, op) ? EVALUATORS[op] : undefined;
  const { shape } = type;
  return evaluator && isFixed(shape) ? evaluator({ op, inputs, attrs, type: { dtype: type.dtype, shape } }) : null;
}
