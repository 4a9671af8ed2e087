/** @file What computing a node of constants means. */
import type { Attrs, DType, TensorData } from '../value.js';

export interface ConstantNode {
  readonly op: string;
  /** null stands for an omitted optional input. */
  readonly inputs: readonly (TensorData | null)[];
  readonly attrs: Attrs;
  /** As inferred; all sizes are numbers. */
  readonly type: { readonly dtype: DType; readonly shape: readonly number[] };
}

/** The elements of output 0, or null where this evaluator does not cover the case: the node then stays, and the runtime computes it. */
export type Evaluator = (node: ConstantNode) => TensorData | null;
