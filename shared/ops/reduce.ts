/** @file What reductions share: their axes (an input since opset 18, here always an input), result shapes, and the way back. */
import { normalizeAxis } from '../graph/dim.js';
import type { GraphBuilder } from '../graph/builder.js';
import { defineOp, type InferContext, type OpDef } from '../graph/operator.js';
import type { Dim, Node, Value } from '../graph/value.js';
import { numbersOf } from '../graph/value.js';

/** The axes of a reduction node, counted from the front. */
export function axesOf(node: Node): number[] {
  const rank = node.inputs[0]!.type.shape.length;
  const axes = node.inputs[1];
  const given = axes ? numbersOf(axes.data!) : [];
  if (given.length === 0) return node.attrs['noop_with_empty_axes'] === 1 ? [] : Array.from({ length: rank }, (_, i) => i);
  return given.map((axis) => normalizeAxis(axis, rank));
}

function inferReduction(context: InferContext): { shape: Dim[]; axes: number[] } {
  const { shape } = context.type(0);
  const given = context.inputs[1] ? context.numbers(1) : [];
  const axes =
    given.length > 0 ? given.map((axis) => normalizeAxis(axis, shape.length)) : context.attrs['noop_with_empty_axes'] === 1 ? [] : shape.map((_, i) => i);
  const keep = (context.attrs['keepdims'] ?? 1) === 1;
  return { shape: shape.flatMap((dim, i) => (axes.includes(i) ? (keep ? [1] : []) : [dim])), axes };
}

/** The shape of a reduction with its reduced axes kept as 1. */
export function keptShape(node: Node): Dim[] {
  const axes = axesOf(node);
  return node.inputs[0]!.type.shape.map((dim, i) => (axes.includes(i) ? 1 : dim));
}

/** A value in the shape of the result with its reduced axes kept as 1; by Unsqueeze, as any number of sizes may be symbols. */
function keepAxes(g: GraphBuilder, value: Value, node: Node): Value {
  const axes = axesOf(node);
  const rank = node.inputs[0]!.type.shape.length;
  return value.type.shape.length === rank || axes.length === 0 ? value : g.node('Unsqueeze', [value, g.ints(axes)]);
}

/** A reduction: `grad` gives dx from dy (reduced axes kept as 1, not yet expanded). */
export function reduction(op: string, grad: (g: GraphBuilder, dy: Value, node: Node, kept: (v: Value) => Value) => Value): OpDef {
  return defineOp({
    op,
    infer: (context) => [{ dtype: context.type(0).dtype, shape: inferReduction(context).shape }],
    grad: (g, node, [dy]) => {
      const kept = (value: Value): Value => keepAxes(g, value, node);
      const x = node.inputs[0]!;
      return [g.expand(grad(g, kept(dy!), node, kept), x.type.shape, x), null];
    },
  });
}

/** Max or min of x; elements that tie share the gradient. */
export function extremeReduction(op: 'ReduceMax' | 'ReduceMin'): OpDef {
  return reduction(op, (g, dy, node, kept) => {
    const x = node.inputs[0]!;
    const chosen = g.cast(g.node('Equal', [x, kept(node.outputs[0]!)]), x.type.dtype);
    const ties = g.node('ReduceSum', [chosen, g.ints(axesOf(node))], { keepdims: 1 });
    return g.mul(chosen, g.div(dy, ties));
  });
}
