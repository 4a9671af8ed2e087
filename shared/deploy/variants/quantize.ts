/**
 * @file Static quantisation to 8 bits in the QDQ form: QuantizeLinear and DequantizeLinear around convolutions and products, which runtimes fuse into
 * whole-number kernels (Jacob et al., arXiv 1712.05877).
 */
import { GraphBuilder } from '../../graph/builder.js';
import { copyInto } from '../../graph/copy.js';
import { readersOf } from '../../graph/passes/pass.js';
import type { Graph, Node, TensorData, Value } from '../../graph/value.js';
import { operators } from '../../ops/index.js';

/** The least and greatest value that an activation takes. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** Weights use 7 of their 8 bits: processors without whole-number dot products add pairs of products in 16 bits, which full weights overflow. */
const WEIGHT_LIMIT = 63;
const LEVELS = 255;

/** Operators whose inputs and outputs are quantised where their weights are constants. */
const QUANTIZED = ['Conv', 'Gemm', 'MatMul'];
const AFTER = ['Relu', 'Clip'];

function isQuantized({ op, domain, inputs }: Node): boolean {
  const weights = inputs[1];
  return domain === '' && QUANTIZED.includes(op) && inputs[0]?.type.dtype === 'float32' && weights?.data != null && weights.type.shape.length >= 2;
}

/** Every activation of the graph that goes into a quantised operator or comes out of one (after its ReLU, which runtimes fuse); the outputs of the graph stay floats. */
export function activationsOf(graph: Graph): Value[] {
  const readers = readersOf(graph);
  const found = new Set<Value>();
  for (const node of graph.nodes.filter(isQuantized)) {
    found.add(node.inputs[0]!);
    const [output] = node.outputs;
    const [reader, ...others] = readers.get(output!) ?? [];
    const last = others.length === 0 && reader && AFTER.includes(reader.op) ? reader.outputs[0]! : output!;
    if (!readers.get(last)!.includes(null)) found.add(last);
  }
  return [...found];
}

/** The graph with quantised weights and activations; `ranges` has one of every value of `activationsOf`. */
export function quantized(graph: Graph, ranges: ReadonlyMap<Value, Range>): Graph {
  const g = new GraphBuilder(operators);
  const scales = new Map([...ranges].map(([value, range]) => [value, scaleOf(range)]));
  const roundTrip = (copy: Value, original: Value): Value => {
    const { scale, zero } = scales.get(original)!;
    const ports = [g.scalar(scale), g.constant({ dtype: 'uint8', shape: [], data: Uint8Array.of(zero) })];
    return g.node('DequantizeLinear', [g.node('QuantizeLinear', [copy, ...ports]), ...ports]);
  };
  const { outputs } = copyInto(g, graph, {
    rewrite(node, inputs) {
      const ready = inputs.map((copy, i) => (copy !== null && scales.has(node.inputs[i]!) ? roundTrip(copy, node.inputs[i]!) : copy));
      if (isQuantized(node)) {
        const step = scales.get(node.inputs[0]!)!.scale;
        const weights = quantizedWeights(node, step);
        ready[1] = dequantized(g, weights, node.inputs[1]!.name);
        const bias = node.op === 'MatMul' ? null : node.inputs[2];
        if (bias?.data) ready[2] = dequantized(g, quantizedBias(bias.data, weights.scales, step), bias.name);
      }
      return g.nodeOutputs(node.op, ready, node.attrs, {
        domain: node.domain,
        outputs: node.outputs.length,
        name: node.name,
        outputNames: node.outputs.map(({ name }) => name),
      });
    },
  });
  for (const { name } of graph.outputs) g.output(name, outputs[name]!);
  return g.build(`${graph.name}_int8`);
}

/** Real value = (whole number - zero) · scale; zero itself is exact, as padding needs it. */
function scaleOf({ low, high }: Range): { scale: number; zero: number } {
  const [from, to] = [Math.min(0, low), Math.max(0, high)];
  // In float32, as the graph has it.
  const scale = Math.fround(Math.max(to - from, 1e-8) / LEVELS);
  return { scale, zero: Math.min(LEVELS, Math.max(0, Math.round(-from / scale))) };
}

interface Whole {
  readonly tensor: TensorData;
  readonly scales: Float32Array;
  readonly axis: number;
}

/** One scale for each output channel, symmetric about zero. */
function quantizedWeights({ op, attrs, inputs }: Node, input: number): Whole {
  const { data, shape } = inputs[1]!.data!;
  const source = data as Float32Array;
  const axis = op === 'Conv' || (op === 'Gemm' && attrs['transB'] === 1) ? 0 : shape.length - 1;
  const [channels, inner] = [shape[axis]!, shape.slice(axis + 1).reduce((product, size) => product * size, 1)];
  const channelOf = (i: number): number => Math.floor(i / inner) % channels;
  const most = new Float64Array(channels);
  for (const [i, value] of source.entries()) most[channelOf(i)] = Math.max(most[channelOf(i)]!, Math.abs(value));
  // The bias is in the same steps times those of the input, in 31 bits: a channel of zeros would leave it no room.
  const bias = op === 'MatMul' ? undefined : (inputs[2]?.data?.data as Float32Array | undefined);
  const scales = Float32Array.from(most, (value, c) => Math.max(value / WEIGHT_LIMIT, 1e-8 / WEIGHT_LIMIT, Math.abs(bias?.[c] ?? 0) / (2 ** 30 * input)));
  const whole = Int8Array.from(source, (value, i) => Math.max(-WEIGHT_LIMIT, Math.min(WEIGHT_LIMIT, Math.round(value / scales[channelOf(i)]!))));
  return { tensor: { dtype: 'int8', shape, data: whole }, scales, axis };
}

/** In the units of the sums: the scale of the input times that of the weights. */
function quantizedBias({ data, shape }: TensorData, weights: Float32Array, input: number): Whole {
  const scales = weights.map((scale) => scale * input);
  const whole = Int32Array.from(data as Float32Array, (value, i) => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.round(value / scales[i]!))));
  return { tensor: { dtype: 'int32', shape, data: whole }, scales, axis: 0 };
}

function dequantized(g: GraphBuilder, { tensor, scales, axis }: Whole, name: string): Value {
  const scale = g.constant({ dtype: 'float32', shape: [scales.length], data: scales });
  const zero = tensor.dtype === 'int8' ? [g.constant({ dtype: 'int8', shape: [scales.length], data: new Int8Array(scales.length) })] : [];
  return g.node('DequantizeLinear', [g.constant(tensor, name), scale, ...zero], { axis });
}
