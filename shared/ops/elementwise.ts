/** @file What element-by-element operators share: result types under broadcasting, and the way back through it. */
import { broadcastShapes } from '../graph/dim.js';
import { defineOp, type OpDef } from '../graph/operator.js';
import type { GraphBuilder } from '../graph/builder.js';
import type { DType, Node, Type, Value } from '../graph/value.js';

/** The broadcast of all inputs, with the type of the first. Throws where the shapes do not fit. */
export function broadcastType(types: readonly Type[], dtype: DType = types[0]!.dtype): Type {
  let shape = types[0]!.shape;
  for (const type of types.slice(1)) {
    const joined = broadcastShapes(shape, type.shape);
    if (!joined) throw new Error(`shapes [${shape.join(',')}] and [${type.shape.join(',')}] do not broadcast`);
    shape = joined;
  }
  return { dtype, shape };
}

/** Element types must agree: ONNX converts nothing by itself. */
export function sameDType(types: readonly Type[]): void {
  for (const type of types) if (type.dtype !== types[0]!.dtype) throw new Error(`element types differ: ${types[0]!.dtype} and ${type.dtype}; insert a Cast`);
}

export interface UnaryOptions {
  /** Why no gradient passes, where `grad` is null. */
  readonly blocks?: string;
  readonly known?: NonNullable<OpDef['known']>;
}

/** y = f(x): `grad` gives dx from dy, x and y. */
export function unary(op: string, grad: ((g: GraphBuilder, dy: Value, x: Value, y: Value, node: Node) => Value) | null, options: UnaryOptions = {}): OpDef {
  return defineOp({
    op,
    infer: (context) => [context.type(0)],
    grad: grad && ((g, node, [dy]) => [grad(g, dy!, node.inputs[0]!, node.outputs[0]!, node)]),
    ...options,
  });
}

/** y = f(a, b) with broadcasting: each side's rule gives its cotangent in y's shape, which is then summed back. */
export function binary(
  op: string,
  da: (g: GraphBuilder, dy: Value, a: Value, b: Value, y: Value) => Value,
  db: (g: GraphBuilder, dy: Value, a: Value, b: Value, y: Value) => Value,
  integer?: OpDef['known'],
): OpDef {
  return defineOp({
    op,
    infer: (context) => {
      const types = [context.type(0), context.type(1)];
      sameDType(types);
      return [broadcastType(types)];
    },
    grad: (g, node, [dy], needs) => {
      const [a, b] = node.inputs as [Value, Value];
      const y = node.outputs[0]!;
      return [needs[0] ? g.unbroadcast(da(g, dy!, a, b, y), a.type.shape, a) : null, needs[1] ? g.unbroadcast(db(g, dy!, a, b, y), b.type.shape, b) : null];
    },
    ...(integer ? { known: integer } : {}),
  });
}

/** Comparisons and logic: a bool result, through which no gradient flows. */
export function predicate(op: string, known?: OpDef['known']): OpDef {
  return defineOp({
    op,
    infer: (context) => [
      broadcastType(
        context.inputs.map((_, i) => context.type(i)),
        'bool',
      ),
    ],
    grad: null,
    ...(known ? { known } : {}),
  });
}
