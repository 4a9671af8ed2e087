/** @file Operators that are taken apart when a file is read: results and gradients are those of the file in ONNX Runtime. */
import assert from 'node:assert/strict';
import { floats, integers, type TensorData } from '@robenc/shared/graph/value.js';
import { fromOnnx } from '@robenc/shared/graph/from-onnx.js';
import { fileOf, float } from './model.js';
import { measureFile, type FileForm } from './measure-file.js';

const microsoft = (op: string, inputs: FileForm['inputs'], attrs: FileForm['attrs'] = {}, more: Partial<FileForm> = {}): FileForm => ({
  op,
  domain: 'com.microsoft',
  inputs,
  attrs,
  ...more,
});
const onnx = (op: string, opset: number, inputs: FileForm['inputs'], attrs: FileForm['attrs'] = {}, more: Partial<FileForm> = {}): FileForm => ({
  op,
  opset,
  inputs,
  attrs,
  ...more,
});
const whole = (list: readonly number[], shape: readonly number[] = [list.length]): TensorData => ({ dtype: 'int32', shape, data: Int32Array.from(list) });
const yes = (list: readonly number[], shape: readonly number[]): TensorData => ({ dtype: 'bool', shape, data: Uint8Array.from(list) });
const angles = (rows: number, columns: number, f: (x: number) => number): TensorData =>
  floats(
    Array.from({ length: rows * columns }, (_, i) => f(Math.floor(i / columns) * 10 ** -(i % columns))),
    [rows, columns],
  );
const [COS, SIN] = [angles(8, 2, Math.cos), angles(8, 2, Math.sin)];

const forms: readonly FileForm[] = [
  ...['Relu', 'Sigmoid', 'Tanh'].map((activation) =>
    microsoft('FusedConv', [[2, 3, 6, 5], [4, 3, 3, 3], [4]], { activation, strides: [2, 1], pads: [1, 0, 1, 2] }),
  ),
  microsoft('FusedConv', [[2, 3, 6, 5], [4, 3, 1, 1], [4], [2, 4, 6, 5]], { activation: 'LeakyRelu', activation_params: [float(0.2)] }, { seed: 3 }),
  microsoft(
    'FusedConv',
    [
      [1, 3, 5, 5],
      [3, 1, 3, 3],
    ],
    { group: 3, activation: 'HardSigmoid', activation_params: [float(0.3), float(0.4)] },
    { seed: 3 },
  ),
  microsoft(
    'FusedConv',
    [
      [1, 3, 5, 5],
      [3, 3, 3, 3],
    ],
    { activation: 'Clip', activation_params: [float(-1), float(3)] },
    { step: 1e-3 },
  ),
  microsoft('FusedGemm', [[2, 3], [3, 4], [4]], { activation: 'Relu', alpha: float(0.5) }),
  microsoft('FusedGemm', [[2, 3], [4, 3], [4]], { transB: 1, activation: 'LeakyRelu', activation_alpha: float(0.1) }),
  microsoft(
    'FusedMatMul',
    [
      [2, 5, 3],
      [2, 4, 3],
    ],
    { transB: 1, alpha: float(0.25) },
  ),
  microsoft(
    'FusedMatMul',
    [
      [2, 3, 5],
      [2, 3, 4],
    ],
    { transA: 1 },
  ),
  microsoft(
    'FusedMatMul',
    [
      [5, 2, 3],
      [4, 2, 3],
    ],
    { transBatchA: 1, transBatchB: 1, transB: 1 },
  ),
  microsoft(
    'FusedMatMul',
    [
      [3, 2, 5],
      [2, 3, 4],
    ],
    { transBatchA: 1, transA: 1 },
  ),
  microsoft(
    'TransposeMatMul',
    [
      [3, 2],
      [3, 4],
    ],
    { transA: 1 },
  ),
  microsoft('BiasGelu', [[2, 3, 4], [4]]),
  microsoft('Gelu', [[2, 3, 4]]),
  microsoft('FastGelu', [[2, 3, 4], [4]]),
  microsoft('FastGelu', [[2, 3, 4]]),
  microsoft('QuickGelu', [[2, 3, 4]]),
  microsoft('QuickGelu', [[2, 3, 4]], { alpha: float(1) }),
  microsoft('SkipLayerNormalization', [[2, 3, 8], [2, 3, 8], [8], [8], [8]], { epsilon: float(1e-5) }, { outputs: 4, through: [0, 3] }),
  microsoft('SkipLayerNormalization', [[2, 3, 8], [1, 3, 8], [8]], { epsilon: float(1e-3) }),
  microsoft('SkipSimplifiedLayerNormalization', [[2, 3, 8], [2, 3, 8], [8], [8]], { epsilon: float(1e-5) }, { outputs: 4, through: [0, 3] }),
  onnx('SimplifiedLayerNormalization', 20, [[2, 3, 8], [8]], { axis: -1, epsilon: float(1e-5) }),
  microsoft('Attention', [[2, 5, 8], [8, 24], [24]], { num_heads: 2 }),
  microsoft('Attention', [[2, 5, 8], [8, 24], [24], whole([1, 1, 1, 0, 0, 1, 1, 1, 1, 1], [2, 5])], { num_heads: 4 }),
  microsoft('Attention', [[2, 5, 8], [8, 24], [24]], { num_heads: 2, unidirectional: 1, scale: float(0.3) }),
  microsoft('Attention', [[2, 5, 8], [8, 20], [20]], { num_heads: 2, qkv_hidden_sizes: [6, 6, 8] }),
  microsoft(
    'MultiHeadAttention',
    [
      [2, 5, 8],
      [2, 7, 8],
      [2, 7, 8],
    ],
    { num_heads: 2 },
  ),
  microsoft('MultiHeadAttention', [[2, 5, 8], [2, 7, 8], [2, 7, 8], [24], null, [1, 2, 5, 7]], { num_heads: 2 }),
  microsoft('RotaryEmbedding', [[2, 3, 8], integers([0, 1, 2, 4, 5, 6], [2, 3]), COS, SIN], { num_heads: 2 }, { step: 1 }),
  microsoft('RotaryEmbedding', [[2, 2, 3, 4], integers([2]), COS, SIN], { interleaved: 1 }, { step: 1 }),
  microsoft('ConvTransposeWithDynamicPads', [[1, 2, 4, 4], [2, 3, 3, 3], integers([1, 0, 1, 1]), [3]], { strides: [2, 2] }, { step: 1 }),
  onnx('Attention', 23, [
    [2, 3, 5, 4],
    [2, 3, 6, 4],
    [2, 3, 6, 7],
  ]),
  onnx(
    'Attention',
    23,
    [
      [2, 5, 12],
      [2, 6, 4],
      [2, 6, 4],
    ],
    { q_num_heads: 3, kv_num_heads: 1, is_causal: 1 },
  ),
  onnx(
    'Attention',
    23,
    [
      [2, 4, 5, 4],
      [2, 2, 6, 4],
      [2, 2, 6, 4],
      [5, 6],
    ],
    { scale: float(0.7), softcap: float(2) },
  ),
  onnx('Attention', 23, [[1, 2, 3, 4], [1, 2, 4, 4], [1, 2, 4, 4], yes([1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1], [3, 4])]),
  onnx('Attention', 23, [[1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4], null, [1, 2, 2, 4], [1, 2, 2, 4]], { is_causal: 1 }, { outputs: 3, through: [0, 1, 2] }),
  onnx('RotaryEmbedding', 23, [[2, 2, 3, 4], COS, SIN, integers([0, 1, 2, 4, 5, 6], [2, 3])], {}, { step: 1 }),
  onnx(
    'RotaryEmbedding',
    23,
    [[2, 3, 12], COS, SIN, integers([0, 1, 2, 4, 5, 6], [2, 3])],
    { num_heads: 2, rotary_embedding_dim: 4, interleaved: 1 },
    { step: 1 },
  ),
  onnx(
    'RMSNormalization',
    23,
    [
      [2, 3, 4],
      [3, 4],
    ],
    { axis: 1, epsilon: float(1e-3) },
  ),
  onnx('GroupNormalization', 18, [[2, 6, 3, 2], [2], [2]], { num_groups: 2, epsilon: float(0.01) }),
  onnx('GroupNormalization', 21, [[2, 6, 3, 2], [6], [6]], { num_groups: 3 }),
  onnx('MeanVarianceNormalization', 13, [[2, 3, 4, 4]]),
  onnx('MeanVarianceNormalization', 13, [[2, 3, 4, 4]], { axes: [-1, -2] }),
  onnx('Swish', 24, [[2, 5]], { alpha: float(0.7) }),
  onnx('CenterCropPad', 18, [[5, 6, 4], integers([7, 3])], { axes: [0, -2] }, { step: 1 }),
  ...['none', 'sum', 'mean'].flatMap((reduction) => [
    onnx('NegativeLogLikelihoodLoss', 13, [[3, 4], integers([0, 3, 1])], { reduction }, { step: 1 }),
    onnx(
      'SoftmaxCrossEntropyLoss',
      13,
      [[2, 4, 3], integers([0, 3, 1, 2, -1, 0], [2, 3]), floats([0.5, 1, 2, 1.5])],
      { reduction, ignore_index: -1 },
      { outputs: 2, through: [0, 1] },
    ),
  ]),
  ...[1, 2, 3].map((p) => onnx('GlobalLpPool', 20, [[2, 3, 4, 5]], { p })),
];

describe('operators taken apart when a file is read', () => {
  for (const form of forms) {
    const shapes = form.inputs.map((input) => (input === null ? '-' : 'dtype' in input ? input.dtype : `[${input.join()}]`)).join(' ');
    it(`${form.domain ?? ''} ${form.op} ${form.opset ?? ''} ${shapes} ${JSON.stringify(form.attrs ?? {})}`, async () => {
      const { forward, shapes: sizes, slope } = await measureFile(form);
      assert.deepEqual(sizes.read, sizes.file);
      assert.ok(forward <= 2e-6, `results differ by ${forward.toExponential(2)}`);
      assert.ok(slope !== null && slope <= 1e-4, `the gradient differs from a finite difference by ${slope?.toExponential(2)}`);
    });
  }

  it('layouts of one machine are refused with the level at which to save the model', () => {
    const bytes = fileOf({
      opset: 20,
      inputs: { x: [1, 8, 4, 4] },
      outputs: ['y'],
      nodes: [{ op: 'ReorderInput', domain: 'com.microsoft.nchwc', inputs: ['x'], outputs: ['y'] }],
    });
    assert.throws(() => fromOnnx(bytes), /com\.microsoft\.nchwc\.ReorderInput .*layout of one machine.* at the level "extended" or below/);
  });
});
