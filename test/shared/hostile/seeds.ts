/** @file Small valid models that mutations begin from: every sample of the table of operators, and every form of file that reading treats apart. */
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { floats, integers as list, type TensorData } from '@robenc/shared/graph/value.js';
import { newBuilder } from '@robenc/shared/ops/index.js';
import { DATA_TYPE } from '@robenc/shared/proto/dtypes.js';
import { dataToTensor } from '@robenc/shared/proto/tensor.js';
import { bool, constant, graph, integer, modelOf, node, port } from '../graph/import.js';
import { fileOf, float, type FileNode } from '../graph/model.js';
import { inType, isPort, type Sample } from '../ops/sample.js';
import { samples } from '../ops/samples.js';

/** The model of one sample: its operator between inputs and outputs. */
export function modelOfSample(sample: Sample): Uint8Array {
  const g = newBuilder();
  const dtype = sample.dtype ?? 'float64';
  const inputs = sample.inputs.map((input, i) => input && (isPort(input) ? g.input(`x${i}`, dtype, input.shape) : g.constant(inType(input, dtype))));
  const outputs = g.nodeOutputs(sample.op, inputs, sample.attrs, { domain: sample.domain ?? '', outputs: sample.outputs ?? 1 });
  for (const [i, output] of outputs.entries()) g.output(`y${i}`, output);
  return toOnnx(g.build(sample.op));
}

const io = { input: [port('image', ['N', 4])], output: [port('y', ['N', 4])] };
const branches = [
  graph('then_branch', { node: [node('Relu', ['image'], ['t'])], output: [port('t')] }),
  graph('else_branch', { node: [node('Neg', ['image'], ['e'])], output: [port('e')] }),
];
const body = graph('body', {
  input: [port('turn', [], 'int64'), port('on', [], 'bool'), port('v')],
  node: [node('Identity', ['on'], ['on_out']), node('Add', ['v', 'image'], ['v_out'])],
  output: [port('on_out', [], 'bool'), port('v_out')],
});
const uint8 = (value: number): TensorData => ({ dtype: 'uint8', shape: [], data: Uint8Array.of(value) });
const bytes = (size: number): TensorData => ({ dtype: 'int8', shape: [size, 3, 1, 1], data: Int8Array.from({ length: 3 * size }, (_, i) => i - 3) });
const weights = (...shape: number[]): TensorData => {
  const length = shape.reduce((a, b) => a * b, 1);
  return floats(
    Array.from({ length }, (_, i) => Math.sin(i)),
    shape,
  );
};
const image = (nodes: readonly FileNode[], constants: Readonly<Record<string, TensorData>>, opset = 17, constantsAsInputs = false): Uint8Array =>
  fileOf({ opset, inputs: { image: ['N', 3, 4, 4] }, nodes, constants, outputs: ['y'], constantsAsInputs });

/** Control flow, functions, sparse constants, shape arithmetic, an old operator set, quantisers and fusions; the input is `image`, the output `y`. */
export const forms: readonly Uint8Array[] = [
  modelOf({ graph: { ...io, node: [constant('c', bool(true)), node('If', ['c'], ['y'], branches)] } }),
  modelOf({ graph: { ...io, initializer: [dataToTensor('n', list([3], []))], node: [node('Loop', ['n', '', 'image'], ['y'], [body])] } }),
  modelOf({
    opsets: { '': 20, own: 1 },
    functions: [
      {
        domain: 'own',
        name: 'Twice',
        input: ['a'],
        output: ['b'],
        attribute: ['to'],
        opsetImport: [{ domain: '', version: 18 }],
        node: [node('Add', ['a', 'a'], ['c']), node('Softplus', ['c'], ['b'])],
      },
    ],
    graph: { ...io, node: [node('Twice', ['image'], ['h'], [], { domain: 'own' }), node('Twice', ['h'], ['y'], [], { domain: 'own' })] },
  }),
  modelOf({
    graph: {
      ...io,
      sparseInitializer: [
        {
          values: { name: 'w', dataType: DATA_TYPE.float32, dims: [2], floatData: Float32Array.of(1, 2) },
          indices: { dataType: DATA_TYPE.int64, dims: [2], int64Data: BigInt64Array.of(1n, 3n) },
          dims: [4],
        },
      ],
      node: [node('Mul', ['image', 'w'], ['y'])],
    },
  }),
  // The sizes that exporters compute: Shape, Gather, Unsqueeze, Concat, Reshape.
  modelOf({
    graph: {
      ...io,
      initializer: [dataToTensor('zero', list([0], [])), dataToTensor('axes', list([0])), dataToTensor('rest', list([2, 2]))],
      node: [
        node('Shape', ['image'], ['s']),
        node('Gather', ['s', 'zero'], ['n'], [integer('axis', 0)]),
        node('Unsqueeze', ['n', 'axes'], ['m']),
        node('Concat', ['m', 'rest'], ['shape'], [integer('axis', 0)]),
        node('Reshape', ['image', 'shape'], ['h']),
        node('Reshape', ['h', 's'], ['y']),
      ],
    },
  }),
  image(
    [
      { op: 'Conv', inputs: ['image', 'w', 'b'], outputs: ['c'], attrs: { pads: [1, 1, 1, 1], kernel_shape: [3, 3] } },
      { op: 'BatchNormalization', inputs: ['c', 'b', 'b', 'b', 'v'], outputs: ['n'] },
      { op: 'Relu', inputs: ['n'], outputs: ['r'] },
      { op: 'MaxPool', inputs: ['r'], outputs: ['p'], attrs: { kernel_shape: [2, 2], strides: [2, 2] } },
      { op: 'Flatten', inputs: ['p'], outputs: ['f'] },
      { op: 'Gemm', inputs: ['f', 'd'], outputs: ['y'], attrs: { transB: 1 } },
    ],
    { w: weights(2, 3, 3, 3), b: weights(2), v: floats([1, 2]), d: weights(5, 8) },
  ),
  image(
    [
      { op: 'Clip', inputs: ['image'], outputs: ['c'], attrs: { min: float(0), max: float(1) } },
      { op: 'Upsample', inputs: ['c', 's'], outputs: ['u'] },
      { op: 'Softmax', inputs: ['u'], outputs: ['y'] },
    ],
    { s: floats([1, 1, 2, 2]) },
    9,
    true,
  ),
  image(
    [
      { op: 'QuantizeLinear', inputs: ['image', 's', 'z'], outputs: ['q'] },
      { op: 'QLinearConv', inputs: ['q', 's', 'z', 'w', 's', 'zw', 's', 'z'], outputs: ['c'] },
      { op: 'DequantizeLinear', inputs: ['c', 's', 'z'], outputs: ['y'] },
    ],
    { s: floats([0.1], []), z: uint8(128), w: bytes(2), zw: { dtype: 'int8', shape: [], data: Int8Array.of(0) } },
  ),
  image(
    [
      { op: 'FusedConv', domain: 'com.microsoft', inputs: ['image', 'w', 'b'], outputs: ['c'], attrs: { activation: 'Relu' } },
      { op: 'Gelu', domain: 'com.microsoft', inputs: ['c'], outputs: ['y'] },
    ],
    { w: weights(2, 3, 3, 3), b: weights(2) },
  ),
  fileOf({
    opset: 17,
    inputs: { image: ['N', 3, 4] },
    nodes: [
      { op: 'SkipLayerNormalization', domain: 'com.microsoft', inputs: ['image', 'image', 'g', 'b'], outputs: ['s'], attrs: { epsilon: float(1e-5) } },
      { op: 'Attention', domain: 'com.microsoft', inputs: ['s', 'w', 'c'], outputs: ['y'], attrs: { num_heads: 2 } },
    ],
    constants: { g: weights(4), b: weights(4), w: weights(4, 12), c: weights(12) },
    outputs: ['y'],
  }),
];

export const seeds: readonly Uint8Array[] = [...samples.filter(({ domain }) => domain !== 'robenc').map(modelOfSample), ...forms];
