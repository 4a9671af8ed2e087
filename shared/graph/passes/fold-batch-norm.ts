/** @file Moves batch normalisations with fixed statistics into the convolutions before them, so that neither the model nor its gradient computes them. */
import type { Node, TensorData, Value } from '../value.js';
import { readersOf, rewritten, type Pass } from './pass.js';

/** γ (conv(x, w) + b - μ) / √(σ² + ε) + β = conv(x, f w) + (f (b - μ) + β) with f = γ / √(σ² + ε), one number for each channel */
const pass: Pass = {
  name: 'fold-batch-norm',
  summary: 'batch normalisations with fixed statistics move into the weights of the convolution before them',
  run(graph, operators) {
    const readers = readersOf(graph);
    const foldable = graph.nodes.filter((node) => isFixed(node) && isOnlyReader(node, readers));
    if (foldable.length === 0) return graph;
    const folded = new Set(foldable);
    return rewritten(graph, operators, (g) => (node, inputs) => {
      if (!folded.has(node)) return null;
      const conv = inputs[0]?.node;
      // Equal convolutions are made once: one that another node shares may have been rewritten otherwise.
      if (conv?.op !== 'Conv') return null;
      const { weights, bias } = scaled(conv, node);
      const options = { name: conv.name, outputNames: node.outputs.map(({ name }) => name) };
      const parts = [conv.inputs[0]!, g.constant(weights, conv.inputs[1]!.name), g.constant(bias, node.inputs[2]!.name)];
      return [g.node('Conv', parts, conv.attrs, options)];
    });
  },
};
export default pass;

function isFixed(node: Node): boolean {
  const conv = node.op === 'BatchNormalization' && node.domain === '' && node.attrs['training_mode'] !== 1 ? node.inputs[0]?.node : null;
  if (conv?.op !== 'Conv' || conv.domain !== '') return false;
  const constants = [conv.inputs[1], conv.inputs[2] ?? null, ...node.inputs.slice(1)];
  return constants.every((value) => value === null || (value?.data && (value.type.dtype === 'float32' || value.type.dtype === 'float64')));
}

function isOnlyReader(node: Node, readers: ReadonlyMap<Value, readonly (Node | null)[]>): boolean {
  return readers.get(node.inputs[0]!)!.every((reader) => reader === node);
}

/** Computed in float64 and rounded once. */
function scaled(conv: Node, norm: Node): { weights: TensorData; bias: TensorData } {
  const [, w, b] = conv.inputs.map((value) => value?.data ?? null);
  const [scale, shift, mean, variance] = norm.inputs.slice(1).map((value) => value!.data!.data as ArrayLike<number>);
  const epsilon = (norm.attrs['epsilon'] as number | undefined) ?? 1e-5;
  const factor = Float64Array.from(scale!, (gamma, o) => gamma / Math.sqrt(variance![o]! + epsilon));
  const size = w!.data.length / factor.length;
  const source = w!.data as Float32Array | Float64Array;
  const before = b?.data as Float32Array | undefined;
  return {
    weights: { ...w!, data: source.map((value, i) => value * factor[Math.floor(i / size)]!) },
    bias: {
      dtype: w!.dtype,
      shape: [factor.length],
      data: new (source.constructor as Float32ArrayConstructor)(factor.map((f, o) => f * ((before?.[o] ?? 0) - mean![o]!) + shift![o]!)),
    },
  };
}
