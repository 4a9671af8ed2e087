/** @file Computes what depends on constants alone, as long as that does not make the file larger. */
import { evaluate } from '../constants/evaluate.js';
import { isFixed } from '../dim.js';
import { sizeOf, type Node, type Value } from '../value.js';
import { readersOf, rewritten, type Pass } from './pass.js';

/** What is this small is worth computing even where its source is needed as well. */
const SMALL = 4096;

/** A reshape shares its source's memory, so it never costs anything. */
const FREE = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Flatten', 'Identity']);

/**
 * Folding a flipped filter or a transposed matrix would store the weights twice, since the model itself reads them as they are. Such nodes stay;
 * ONNX Runtime computes them once, when it loads the file.
 */
const pass: Pass = {
  name: 'fold-constants',
  summary: 'nodes that read constants alone are computed, unless that would store large constants twice',
  run(graph, operators) {
    const readers = readersOf(graph);
    const constant = new Set<Value>();
    const isConstant = (value: Value | null): boolean => value === null || value.data !== null || constant.has(value);
    for (const node of graph.nodes) if (isFoldable(node) && node.inputs.every(isConstant)) constant.add(node.outputs[0]!);
    if (constant.size === 0) return graph;
    const isReleased = (value: Value): boolean =>
      (readers.get(value) ?? []).every((reader) => reader !== null && constant.has(reader.outputs[0]!)) &&
      // What shares its source's memory is let go of with it.
      !(value.node && FREE.has(value.node.op) && value.node.inputs[0] && !isReleased(value.node.inputs[0]));
    const pays = (node: Node): boolean =>
      FREE.has(node.op) || elementsOf(node.outputs[0]!) <= SMALL || node.inputs.every((value) => value === null || isReleased(value));
    return rewritten(graph, operators, (g) => (node, inputs) => {
      const [output] = node.outputs;
      if (!constant.has(output!) || !pays(node) || !inputs.every((value) => value === null || value.data !== null)) return null;
      const result = evaluate(
        node.op,
        inputs.map((value) => value && value.data),
        node.attrs,
        output!.type,
      );
      return result && [g.constant(result, output!.name)];
    });
  },
};
export default pass;

/** One result of fixed size that is not larger than what it is made from: to expand a scalar to an image saves nothing. */
function isFoldable(node: Node): boolean {
  if (node.domain !== '' || node.outputs.length !== 1) return false;
  const read = node.inputs.reduce((total, value) => total + (value ? elementsOf(value) : 0), 0);
  return elementsOf(node.outputs[0]!) <= Math.max(64, read);
}

function elementsOf({ type: { shape } }: Value): number {
  return isFixed(shape) ? sizeOf(shape) : Infinity;
}
