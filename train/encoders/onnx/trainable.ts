/** @file Which constants of an ONNX model are weights to go on training, and which belong to its preprocessing or its statistics. */
import { sizeOf, type Graph, type Node, type TensorData, type Value } from '@robenc/shared/graph/value.js';

/** Operators with learned inputs, and where these are. Statistics of BatchNormalization (inputs 3 and 4) stay as they are. */
const WEIGHTS: Readonly<Record<string, readonly number[]>> = {
  Conv: [1, 2],
  ConvTranspose: [1, 2],
  Gemm: [0, 1, 2],
  MatMul: [0, 1],
  BatchNormalization: [1, 2],
  InstanceNormalization: [1, 2],
  GroupNormalization: [1, 2],
  LayerNormalization: [1, 2],
  RMSNormalization: [1],
  PRelu: [1],
};

/** Operators whose constants are weights (a bias, a class token, positions) once the image has met weights; before that they are its normalisation. */
const LATER = new Set(['Add', 'Sub', 'Mul', 'Concat', 'Expand']);

/** The weights by name, in the order of their first use: float32 constants of the file on the way from the image to the output. */
export function trainable(graph: Graph): Readonly<Record<string, TensorData>> {
  const found: Record<string, TensorData> = {};
  const weighted = new Set<Value>();
  const add = (value: Value | null | undefined): boolean => {
    if (!value?.parameter || value.data?.dtype !== 'float32') return false;
    found[value.name] = value.data;
    return true;
  };
  for (const node of graph.nodes) {
    const own = (WEIGHTS[node.op] ?? []).filter((i) => add(node.inputs[i])).length > 0;
    const after = node.inputs.some((value) => value !== null && weighted.has(value));
    const later = LATER.has(node.op) && (after || isToken(node)) && node.inputs.filter((value) => isLong(value) && add(value)).length > 0;
    if (own || after || later) for (const output of node.outputs) weighted.add(output);
  }
  return found;
}

/** A learned token that is repeated for each image: an Expand of a constant, which no image enters. */
function isToken({ op, inputs }: Node): boolean {
  return op === 'Expand' && inputs[0]?.parameter === true;
}

/** Scalars are numbers of the architecture, such as the scale of an attention. */
function isLong(value: Value | null): boolean {
  return value?.data !== null && value !== null && sizeOf(value.data.shape) > 1;
}
