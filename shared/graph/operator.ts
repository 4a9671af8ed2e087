/** @file What robenc knows of one operator: its result types, its gradient, and how it is lowered. */
import type { GraphBuilder } from './builder.js';
import type { Attrs, Dim, Node, Type, Value } from './value.js';

/** A node that stands in the way of a computation or a gradient. */
export interface Block {
  readonly node: string;
  readonly op: string;
  readonly reason: string;
  /** True where its result can be taken for its first input. */
  readonly copyable?: boolean;
}

/** What shape inference may look at. */
export interface InferContext {
  readonly op: string;
  readonly inputs: readonly (Type | null)[];
  readonly attrs: Attrs;
  /** How many outputs are asked for. */
  readonly outputs: number;
  /** A size that depends on elements and is known only at run time. Nodes of one name with these inputs (all of them by default) and attributes share it. */
  fresh(name: string, inputs?: readonly number[], attrs?: readonly string[]): string;
  /** The type of input i. Throws when it is absent. */
  type(i: number): Type;
  /** The elements of integer input i as sizes, or null where they are known only at run time. */
  known(i: number): readonly Dim[] | null;
  /** The elements of input i as numbers. Throws when they are known only at run time. */
  numbers(i: number): readonly number[];
}

/**
 * Cotangents of the inputs from those of the outputs (null where an output has none).
 * `needs[i]` is false where input i's cotangent is not wanted: a rule may answer null there and must do no work for it.
 */
export type GradRule = (g: GraphBuilder, node: Node, dy: readonly (Value | null)[], needs: readonly boolean[]) => readonly (Value | null)[];

export interface OpDef {
  /** As ONNX spells it. */
  readonly op: string;
  /** '' for ONNX's own operators, `robenc` for composites that are lowered before a graph is written. */
  readonly domain?: string;
  infer(context: InferContext): readonly Type[];
  /** null: the operator passes no gradient at all (its float outputs block one; see `blocks`). */
  readonly grad: GradRule | null;
  /** The same results made of simpler operators: where `grad` is null the gradient goes through these. What they cast to whole numbers counts as constant. */
  parts?(g: GraphBuilder, node: Node): readonly Value[];
  /** Why no gradient passes, where `grad` is null and an output is a float. */
  readonly blocks?: string;
  /** For operators whose derivative is 0 or does not exist: by which estimate the gradient passes all the same. */
  readonly estimated?: string;
  /** True for quantisers: their whole-number output has a cotangent, of the type of floats that they quantise. */
  readonly carriesIntegers?: boolean;
  /** The elements of output 0 as sizes, where they follow from known inputs. */
  known?(context: InferContext): readonly Dim[] | null;
  /** The sum of two results of this operator, of one shape, made by adding before the operator; null where the two nodes do not fit together. */
  addBefore?(g: GraphBuilder, a: Node, b: Node): Value | null;
  /** Rewrites a composite into standard operators. */
  lower?(g: GraphBuilder, node: Node): readonly Value[];
  /** True for operators whose result differs from call to call. */
  readonly stochastic?: boolean;
  /** True for operators whose results depend on the shape of their input alone, so that no gradient is missing. */
  readonly shapeOnly?: boolean;
  /** Inputs of floats on which the result depends although `grad` gives them no cotangent: why, by position. */
  constantInputs?(node: Node): Readonly<Record<number, string>>;
}

/** The table of operators, by domain and name. */
export interface Operators {
  find(op: string, domain: string): OpDef | undefined;
}

/** Keeps the definition's own type while checking it. */
export function defineOp(definition: OpDef): OpDef {
  return definition;
}
