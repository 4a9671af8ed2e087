/** @file Models that ONNX Runtime's optimiser has saved, at each of its levels, are read back and have the gradient of the model before. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { differentiateFile } from '@robenc/shared/autodiff/differentiate-file.js';
import { inspectModel } from '@robenc/shared/autodiff/inspect.js';
import { RobencError } from '@robenc/shared/errors.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { floats, integers, numbersOf, sizeOf, type TensorData } from '@robenc/shared/graph/value.js';
import { Random } from '@robenc/shared/math/random.js';
import { run } from './import.js';
import { fileOf, float, type FileModel, type FileNode } from './model.js';

const random = new Random(3, 'optimised');
const weights = (...shape: number[]): TensorData =>
  floats(
    Float32Array.from({ length: sizeOf(shape) }, () => 0.3 * random.normal()),
    shape,
  );
const positive = (size: number): TensorData => floats(Float32Array.from({ length: size }, () => random.uniform(0.5, 1.5)));
const node = (op: string, inputs: string, output: string, attrs: FileNode['attrs'] = {}): FileNode => ({
  op,
  inputs: inputs.split(' '),
  outputs: [output],
  attrs,
  name: output,
});

const convolutions: FileModel = {
  opset: 17,
  inputs: { image: ['N', 3, 8, 8] },
  nodes: [
    node('Conv', 'image w0', 'c0', { pads: [1, 1, 1, 1] }),
    node('BatchNormalization', 'c0 g g m v', 'n0'),
    node('Relu', 'n0', 'r0'),
    node('Conv', 'r0 w1', 'c1', { pads: [1, 1, 1, 1] }),
    node('BatchNormalization', 'c1 g g m v', 'n1'),
    node('Add', 'n1 r0', 'a1'),
    node('Relu', 'a1', 'r1'),
    node('MaxPool', 'r1', 'p1', { kernel_shape: [2, 2], strides: [2, 2] }),
    node('GlobalAveragePool', 'p1', 'pool'),
    node('Flatten', 'pool', 'flat'),
    node('Gemm', 'flat d e', 'y', { transB: 1 }),
  ],
  constants: { w0: weights(16, 3, 3, 3), w1: weights(16, 16, 3, 3), g: positive(16), m: weights(16), v: positive(16), d: weights(5, 16), e: weights(5) },
  outputs: ['y'],
};

/** One block of a transformer over 4 tokens of 8 numbers, with the GELU that exporters take apart. */
const attention: FileModel = {
  opset: 17,
  inputs: { image: ['N', 1, 4, 8] },
  nodes: [
    node('Reshape', 'image tokens', 'x'),
    node('LayerNormalization', 'x g b', 'n', { epsilon: float(1e-5) }),
    ...['q', 'k', 'v'].flatMap((name) => [
      node('MatMul', `n w${name}`, `m${name}`),
      node('Add', `m${name} b`, `${name}`),
      node('Reshape', `${name} heads`, `h${name}`),
      node('Transpose', `h${name}`, `t${name}`, { perm: name === 'k' ? [0, 2, 3, 1] : [0, 2, 1, 3] }),
    ]),
    node('MatMul', 'tq tk', 's'),
    node('Div', 's two', 'ss'),
    node('Softmax', 'ss', 'p'),
    node('MatMul', 'p tv', 'o'),
    node('Transpose', 'o', 'ot', { perm: [0, 2, 1, 3] }),
    node('Reshape', 'ot merged', 'om'),
    node('MatMul', 'om wo', 'ow'),
    node('Add', 'ow b', 'ob'),
    node('Add', 'ob x', 'skip'),
    node('LayerNormalization', 'skip g b', 'n2', { epsilon: float(1e-5) }),
    node('MatMul', 'n2 w1', 'f1'),
    node('Add', 'f1 b', 'f2'),
    node('Div', 'f2 root', 'f3'),
    node('Erf', 'f3', 'f4'),
    node('Add', 'f4 one', 'f5'),
    node('Mul', 'f2 f5', 'f6'),
    node('Mul', 'f6 half', 'f7'),
    node('ReduceMean', 'f7', 'mean', { axes: [1], keepdims: 0 }),
    node('Gemm', 'mean d', 'y', { transB: 1 }),
  ],
  constants: {
    ...Object.fromEntries(['wq', 'wk', 'wv', 'wo', 'w1'].map((name) => [name, weights(8, 8)])),
    g: positive(8),
    b: weights(8),
    d: weights(5, 8),
    tokens: integers([0, 4, 8]),
    heads: integers([0, 4, 2, 4]),
    merged: integers([0, 4, 8]),
    ...Object.fromEntries(Object.entries({ two: 2, root: Math.SQRT2, one: 1, half: 0.5 }).map(([name, value]) => [name, floats([value], [])])),
  },
  outputs: ['y'],
};

const byte = (value: number): TensorData => ({ dtype: 'uint8', shape: [], data: Uint8Array.of(value) });
const quantised: FileModel = {
  opset: 17,
  inputs: { image: ['N', 3, 8, 8] },
  nodes: [
    node('QuantizeLinear', 'image s z', 'q0'),
    node('DequantizeLinear', 'q0 s z', 'd0'),
    node('DequantizeLinear', 'w s zw', 'dw'),
    node('Conv', 'd0 dw', 'c', { pads: [1, 1, 1, 1] }),
    node('Relu', 'c', 'r'),
    node('QuantizeLinear', 'r s z', 'q1'),
    node('DequantizeLinear', 'q1 s z', 'd1'),
    node('GlobalAveragePool', 'd1', 'pool'),
    node('Flatten', 'pool', 'y'),
  ],
  constants: {
    s: floats([0.05], []),
    z: byte(100),
    zw: { dtype: 'int8', shape: [], data: Int8Array.of(0) },
    w: { dtype: 'int8', shape: [16, 3, 3, 3], data: Int8Array.from({ length: 16 * 27 }, () => Math.round(8 * random.normal())) },
  },
  outputs: ['y'],
};

/** The gradient of the squared distance of y to zeros. */
async function slope(bytes: Uint8Array, image: TensorData, width: number): Promise<number[]> {
  const { graph } = differentiateFile(bytes, { wrt: 'image', loss: 'l2-to-target', output: 'y' });
  const target = floats(new Float32Array(2 * width), [2, width]);
  return numbersOf((await run(toOnnx(graph), { image, target }))['gradient']!);
}

function distance(a: readonly number[], b: readonly number[]): number {
  const norm = (list: readonly number[]): number => Math.sqrt(list.reduce((sum, x) => sum + x * x, 0));
  return norm(a.map((x, i) => x - b[i]!)) / norm(b);
}

describe('models saved by the optimiser of ONNX Runtime', () => {
  const folder = mkdtempSync(join(tmpdir(), 'robenc-optimised-'));
  after(() => rmSync(folder, { recursive: true }));

  async function optimised(model: Uint8Array, level: 'basic' | 'extended' | 'all'): Promise<Uint8Array> {
    const path = join(folder, 'model.onnx');
    const session = await ort.InferenceSession.create(model, { graphOptimizationLevel: level, optimizedModelFilePath: path, logSeverityLevel: 3 });
    await session.release();
    return readFileSync(path);
  }

  // In a quantised model a number between two steps may fall to either side where sums are taken in another order.
  const models = { convolutions: [convolutions, 5, 1e-5], attention: [attention, 5, 1e-5], quantised: [quantised, 16, 0.05] } as const;
  for (const [title, [model, width, tolerance]] of Object.entries(models)) {
    const bytes = fileOf(model);
    const shape = model.inputs['image']!.map((size) => (typeof size === 'number' ? size : 2));
    const image = weights(...shape);
    for (const level of ['basic', 'extended', 'all'] as const)
      it(`${title}, level ${level}`, async () => {
        const saved = await optimised(bytes, level);
        const { operators, graph } = inspectModel(saved, { source: 'model', folder });
        // There is nothing for the lowest level to do in some.
        if (level !== 'basic')
          assert.notDeepEqual(operators, inspectModel(bytes, { source: 'model', folder }).operators, 'the optimiser has changed the model');
        const ofMachine = Object.keys(operators).filter((name) => name.startsWith('com.microsoft.nchwc.'));
        if (ofMachine.length === 0) {
          assert.equal(graph!.gradients[0]!.gradient, 'yes', JSON.stringify(graph!.gradients));
          assert.ok(distance(await slope(saved, image, width), await slope(bytes, image, width)) < tolerance);
          return;
        }
        // Layouts for the processor at hand, which only the highest level makes.
        assert.equal(level, 'all');
        await assert.rejects(slope(saved, image, width), (error) => {
          assert.ok(error instanceof RobencError && error.code === 'unsupported');
          for (const name of ofMachine) assert.match(error.message, new RegExp(`${name.replaceAll('.', '\\.')}|${name.split('.').at(-1)!}`));
          assert.match(error.message, /save the optimised model again at the level "extended" or below/);
          return true;
        });
      });
  }
});
