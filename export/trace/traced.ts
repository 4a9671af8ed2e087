/** @file What a tfjs tensor is while it is traced: a value of the graph, the order of its axes, and the shape that tfjs sees. */
import type { Dim, Value } from '@robenc/shared/graph/value.js';

/**
 * A traced tensor. Axis `perm[i]` of `value` holds axis i of the tensor, so that a transposition changes `perm` alone and costs no node.
 * An axis of size 1 in `value` may stand for a longer one in `shape`: it is repeated only where an operator cannot do so by itself.
 * A value of rank 0 (with an empty `perm`) stands for a tensor of any shape with equal elements.
 */
export interface Traced {
  readonly value: Value;
  readonly perm: readonly number[];
  readonly shape: readonly Dim[];
}

/** 0, 1, … rank - 1. */
export function inOrder(rank: number): number[] {
  return Array.from({ length: rank }, (_, i) => i);
}

export function isInOrder(perm: readonly number[]): boolean {
  return perm.every((axis, i) => axis === i);
}

/** The permutation that undoes `perm`. */
export function inverse(perm: readonly number[]): number[] {
  const result = new Array<number>(perm.length);
  for (const [i, axis] of perm.entries()) result[axis] = i;
  return result;
}

/** A tensor whose axes lie in the value as `perm` says; in the same order when it is left out. */
export function traced(value: Value, perm: readonly number[] = inOrder(value.type.shape.length)): Traced {
  return { value, perm, shape: perm.map((axis) => value.type.shape[axis]!) };
}

/** A tensor with all elements equal to a value of rank 0. */
export function uniform(value: Value, shape: readonly Dim[]): Traced {
  return { value, perm: [], shape };
}

/** The order of axes under which an image batch or its features, [n, height, width, channels] to tfjs, lie as [n, channels, height, width]. */
export const CHANNELS_FIRST: readonly number[] = [0, 2, 3, 1];

/** The order of axes under which filters, [height, width, in, out] to tfjs, lie as [out, in, height, width]. */
export const FILTERS_FIRST: readonly number[] = [2, 3, 1, 0];
