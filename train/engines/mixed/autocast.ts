/** @file Products in half precision: convolutions and matrix products read and make float16, everything else stays float32. */
import type { GraphBuilder } from '@robenc/shared/graph/builder.js';
import { lower } from '@robenc/shared/graph/passes/lower.js';
import { rewritten } from '@robenc/shared/graph/passes/pass.js';
import type { Graph, Node, Value } from '@robenc/shared/graph/value.js';
import { operators } from '@robenc/shared/ops/index.js';

const PRODUCTS = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul']);

/**
 * The graph with a cast before and after every product, where the tensor cores of a GPU are; sums such as means and norms keep their digits. Products of
 * three axes stay as they are: they are those of the losses, small and delicate. Composites are lowered on the way.
 */
export function autocast(graph: Graph): Graph {
  return rewritten(lower(graph, operators), operators, (g) => {
    const halves = new Map<Value, Value>();
    return (node, inputs) => (isProduct(node) ? [halved(g, node, inputs, halves)] : null);
  });
}

function isProduct({ op, inputs }: Node): boolean {
  return PRODUCTS.has(op) && inputs.every((input) => input === null || input.type.dtype === 'float32') && inputs[0]!.type.shape.length !== 3;
}

function halved(g: GraphBuilder, { op, attrs, name }: Node, inputs: readonly (Value | null)[], halves: Map<Value, Value>): Value {
  const half = (value: Value): Value => {
    const known = halves.get(value) ?? g.cast(value, 'float16');
    halves.set(value, known);
    return known;
  };
  return g.cast(
    g.nodeOutputs(
      op,
      inputs.map((input) => input && half(input)),
      attrs,
      { outputs: 1, name },
    )[0]!,
    'float32',
  );
}
