/** @file A graph in half precision: constants and arithmetic in float16, inputs and outputs as they were. */
import { GraphBuilder } from '../../graph/builder.js';
import { copyInto } from '../../graph/copy.js';
import { optimize } from '../../graph/passes/index.js';
import { numbersOf, type Attr, type Graph, type Node, type TensorData, type Value } from '../../graph/value.js';
import { numberToHalf } from '../../math/float16.js';
import { operators } from '../../ops/index.js';

/** The greatest finite half, and the least above zero: what lies beyond either is brought to it, so that masks stay finite and guards against division stay guards. */
const LARGEST = 65504;
const SMALLEST = 2 ** -24;

/** Inputs that ONNX wants in float32 whatever the others are. */
const FLOAT32_ONLY: Readonly<Record<string, readonly number[]>> = { Resize: [2] };

/** The same graph in float16. Throws `unsupported` for operators that have no such form. */
export function toFloat16(source: Graph): Graph {
  const graph = optimize(source, operators);
  const g = new GraphBuilder(operators);
  const half = (value: Value | null): Value | null => {
    if (value?.type.dtype !== 'float32') return value;
    return value.data === null ? g.cast(value, 'float16') : g.constant(halfTensor(value.data), value.name);
  };
  const rewrite = (node: Node, inputs: readonly (Value | null)[]): readonly Value[] => {
    const kept = FLOAT32_ONLY[node.op] ?? [];
    const ready = inputs.map((value, i) => (kept.includes(i) ? value : half(value)));
    const attrs = Object.fromEntries(Object.entries(node.attrs).map(([name, attr]) => [name, halfAttr(node.op, name, attr)]));
    const outputNames = node.outputs.map(({ name }) => name);
    return g.nodeOutputs(node.op, ready, attrs, { domain: node.domain, outputs: node.outputs.length, name: node.name, outputNames });
  };
  const { outputs } = copyInto(g, graph, { rewrite });
  for (const { name, value } of graph.outputs) g.output(name, g.cast(outputs[name]!, value.type.dtype));
  return g.build(`${graph.name}_float16`);
}

function halfTensor(tensor: TensorData): TensorData {
  const data = Uint16Array.from(numbersOf(tensor), (value) => {
    const near = Math.abs(value) > LARGEST && Number.isFinite(value) ? Math.sign(value) * LARGEST : value;
    return numberToHalf(tensor.shape.length === 0 && near !== 0 && Math.abs(near) < SMALLEST ? Math.sign(near) * SMALLEST : near);
  });
  return { dtype: 'float16', shape: tensor.shape, data };
}

function halfAttr(op: string, name: string, attr: Attr): Attr {
  if (op === 'Cast' && name === 'to' && attr === 'float32') return 'float16';
  return typeof attr === 'object' && !Array.isArray(attr) && (attr as TensorData).dtype === 'float32' ? halfTensor(attr as TensorData) : attr;
}
