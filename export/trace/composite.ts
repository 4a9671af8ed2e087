/** @file Operations that become one node of the graph when traced, and a few ordinary tfjs operations otherwise. */
import type * as tf from '@tensorflow/tfjs';
import type { Graph } from '@robenc/shared/graph/value.js';

/** A composite operation as the tracing backend sees it. */
export interface CompositeCall {
  /** The operator's name in the graph. */
  readonly name: string;
  readonly inputs: readonly tf.Tensor[];
  readonly attrs: Readonly<Record<string, number | number[]>>;
  readonly outputShapes: readonly number[][];
  /** What stands for the operation where it is a whole graph. */
  readonly graph?: Graph | undefined;
}

/** Answers the outputs of the node that it emits, or null to let the operation run as ordinary tfjs. */
export type CompositeHook = (call: CompositeCall) => tf.Tensor[] | null;

let hook: CompositeHook | null = null;

/** Installs the tracer's hook (null removes it) and answers the hook before it. */
export function setCompositeHook(next: CompositeHook | null): CompositeHook | null {
  const previous = hook;
  hook = next;
  return previous;
}

/** The outputs of composite operation `name`: of graph nodes while a tracer listens, of `eager` otherwise. */
export function composite(
  name: string,
  inputs: readonly tf.Tensor[],
  attrs: Readonly<Record<string, number | number[]>>,
  outputShapes: readonly number[][],
  eager: () => tf.Tensor[],
  graph?: Graph,
): tf.Tensor[] {
  return hook?.({ name, inputs, attrs, outputShapes, graph }) ?? eager();
}
