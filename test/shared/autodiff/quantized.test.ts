/** @file Gradients of quantised models: straight through, 1 inside the range and 0 outside, as fake quantisation in training has them. */
import assert from 'node:assert/strict';
import { gradient } from '@robenc/shared/autodiff/vjp.js';
import { copyInto } from '@robenc/shared/graph/copy.js';
import { fromOnnx } from '@robenc/shared/graph/from-onnx.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { floats, halves, numbersOf, sizeOf, type NarrowType, type TensorData } from '@robenc/shared/graph/value.js';
import { Random } from '@robenc/shared/math/random.js';
import { newBuilder } from '@robenc/shared/ops/index.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import { fileOf, float, type FileModel, type FileNode } from '../graph/model.js';

const scalar = (value: number): TensorData => floats([value], []);
const uint8 = (list: readonly number[], shape: readonly number[] = []): TensorData => ({ dtype: 'uint8', shape, data: Uint8Array.from(list) });
const int8 = (list: readonly number[], shape: readonly number[] = []): TensorData => ({ dtype: 'int8', shape, data: Int8Array.from(list) });
const narrow = (stored: NarrowType, list: readonly number[], shape: readonly number[] = []): TensorData => ({
  dtype: 'int32',
  stored,
  shape,
  data: Int32Array.from(list),
});
const int32 = (list: readonly number[]): TensorData => ({ dtype: 'int32', shape: [list.length], data: Int32Array.from(list) });

/** Runs a file, and the gradient of the weighted sum of its output `y` as robenc reads it. */
async function run(model: FileModel, x: TensorData, weights: readonly number[]): Promise<{ file: number[]; y: number[]; dx: number[] }> {
  const bytes = fileOf(model);
  const g = newBuilder();
  const copied = copyInto(g, fromOnnx(bytes));
  const y = copied.outputs['y']!;
  const cotangent = g.constant(floats(weights, y.type.shape.map(Number)));
  const [dx] = gradient(g, [{ value: y, cotangent }], [copied.inputs['x']!]);
  g.output('y', y);
  g.output('dx', dx!);
  const [original, session] = [await openSession(bytes, { threads: 1 }), await openSession(toOnnx(g.build()), { threads: 1 })];
  try {
    const [file, result] = [await original.run({ x }), await session.run({ x })];
    return { file: numbersOf(file['y']!), y: numbersOf(result['y']!), dx: numbersOf(result['dx']!) };
  } finally {
    await original.close();
    await session.close();
  }
}

const node = (op: string, inputs: string, outputs: string, attrs: FileNode['attrs'] = {}, domain = ''): FileNode => ({
  op,
  inputs: inputs.split(' ').map((name) => (name === '-' ? '' : name)),
  outputs: outputs.split(' '),
  attrs,
  domain,
});

/** The dequantised numbers of a list. */
const quantized = (list: readonly number[], scale: number, zero: number, low: number, high: number): number[] =>
  list.map((value) => (Math.min(Math.max(Math.round(value / scale) + zero, low), high) - zero) * scale);

const NUMBERS = [-3, -1.31, -1.2, -0.4, 0.07, 0.5, 1.29, 2];

function close(actual: readonly number[], expected: readonly number[], tolerance = 1e-6): void {
  assert.equal(actual.length, expected.length);
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs(actual[i]! - value) <= tolerance * Math.max(1, Math.abs(value)), `${i}: ${actual[i]} instead of ${value}`);
}

describe('quantised models', () => {
  it('a number that is quantised and back passes its gradient where it is inside the range', async () => {
    const model: FileModel = {
      opset: 13,
      inputs: { x: [8] },
      outputs: ['y'],
      constants: { s: scalar(0.01), z: uint8([128]) },
      nodes: [node('QuantizeLinear', 'x s z', 'q'), node('DequantizeLinear', 'q s z', 'y')],
    };
    const weights = [1, 2, 3, 4, 5, 6, 7, 8];
    const { file, y, dx } = await run(model, floats(NUMBERS), weights);
    assert.deepEqual(y, file);
    close(y, quantized(NUMBERS, 0.01, 128, 0, 255));
    // 1.29 is 257 and -1.31 is -3 before they are cut off.
    close(dx, [0, 0, 3, 4, 5, 6, 0, 0]);
  });

  const types = { int16: [-32768, 32767, 5], uint16: [0, 65535, 40000], int4: [-8, 7, 1], uint4: [0, 15, 9] } as const;
  for (const [stored, [low, high, zero]] of Object.entries(types) as [NarrowType, readonly [number, number, number]][])
    it(`the same to ${stored}`, async () => {
      const scale = 2.5 / (high - zero);
      const [opset, outputs, inputs] = [21, ['y'], { x: [8] }];
      const nodes = [node('QuantizeLinear', 'x s z', 'q'), node('DequantizeLinear', 'q s z', 'y')];
      const model = { opset, outputs, inputs, nodes, constants: { s: scalar(scale), z: narrow(stored, [zero]) } };
      const numbers = [-30, ...NUMBERS.slice(1, 7), 3];
      const { file, y, dx } = await run(model, floats(numbers), [1, 2, 3, 4, 5, 6, 7, 8]);
      close(y, file);
      close(y, quantized(numbers, Math.fround(scale), zero, low, high));
      close(
        dx,
        numbers.map((value, i) => (Math.round(value / scale) + zero < low || Math.round(value / scale) + zero > high ? 0 : i + 1)),
      );
      assert.ok(dx.includes(0) && dx.some((slope) => slope !== 0));
    });

  it('weights of 4 bits with a scale for each filter, and in blocks', async () => {
    const random = new Random(4);
    const weights = Array.from({ length: 15 }, () => Math.floor(random.uniform(-8, 8)));
    const base = { opset: 21, inputs: { x: [2, 5] }, outputs: ['y'] };
    const perFilter: FileModel = {
      ...base,
      constants: { w: narrow('int4', weights, [5, 3]), s: floats([0.1, 0.2, 0.05]), z: narrow('int4', [1, -2, 0], [3]) },
      nodes: [node('DequantizeLinear', 'w s z', 'wd', { axis: -1 }), node('MatMul', 'x wd', 'y')],
    };
    const blocks: FileModel = {
      ...base,
      inputs: { x: [2, 4] },
      constants: {
        w: narrow(
          'uint4',
          weights.slice(3).map((value) => value + 8),
          [4, 3],
        ),
        s: floats([0.1, 0.2, 0.05, 0.3, 0.15, 0.25], [2, 3]),
        z: narrow('uint4', [7, 8, 9, 6, 5, 8], [2, 3]),
      },
      nodes: [node('DequantizeLinear', 'w s z', 'wd', { axis: 0, block_size: 2 }), node('MatMul', 'x wd', 'y')],
    };
    // The weights of the first filter meet the first image, those of the second the second.
    const expected = {
      perFilter: [0, 1].flatMap((o) => [0, 1, 2, 3, 4].map((k) => (weights[3 * k + o]! - [1, -2][o]!) * [0.1, 0.2][o]!)),
      blocks: [0, 1].flatMap((o) =>
        [0, 1, 2, 3].map(
          (k) =>
            (weights[3 * k + 3 + o]! +
              8 -
              [
                [7, 8],
                [6, 5],
              ][k >> 1]![o]!) *
            [
              [0.1, 0.2],
              [0.3, 0.15],
            ][k >> 1]![o]!,
        ),
      ),
    };
    for (const [name, model] of Object.entries({ perFilter, blocks })) {
      const shape = model.inputs['x'] as [number, number];
      const x = floats(
        Float32Array.from({ length: 2 * shape[1] }, () => random.normal()),
        shape,
      );
      const { file, y, dx } = await run(model, x, [1, 0, 0, 0, 1, 0]);
      close(y, file);
      close(dx, expected[name as keyof typeof expected]);
    }
  });

  it('scales and zero points of one element, in blocks, and behind a reshape', async () => {
    const base = { opset: 21, outputs: ['y'], inputs: { x: [4] } };
    const list = (values: readonly number[]): TensorData => narrow('int16', values, [values.length]);
    const models: Readonly<Record<string, FileModel>> = {
      one: {
        ...base,
        constants: { w: list([5, -7, 300, 2]), s: floats([0.5], [1]), z: narrow('int16', [3], [1]) },
        nodes: [node('DequantizeLinear', 'w s z', 'd', { axis: 0 }), node('Mul', 'x d', 'y')],
      },
      blocks: {
        ...base,
        constants: { w: list([5, -7, 300, 2]), s: floats([0.5, 2]), z: list([3, 1]) },
        nodes: [node('DequantizeLinear', 'w s z', 'd', { axis: 0, block_size: 2 }), node('Mul', 'x d', 'y')],
      },
      reshaped: {
        ...base,
        constants: { s: scalar(0.001), z: narrow('uint16', [20000], [1]), empty: { dtype: 'int64', shape: [0], data: new BigInt64Array(0) } },
        nodes: [node('Reshape', 'z empty', 'zero'), node('QuantizeLinear', 'x s zero', 'q'), node('DequantizeLinear', 'q s zero', 'y')],
      },
    };
    for (const model of Object.values(models)) {
      const { file, y, dx } = await run(model, floats([1, 2, -3, 0.5]), [1, 1, 1, 1]);
      close(y, file);
      assert.ok(dx.every((slope) => slope !== 0));
    }
  });

  it('float16 to 16 bits: the levels are not halves', async () => {
    const model: FileModel = {
      opset: 21,
      inputType: 'float16',
      inputs: { x: [4] },
      outputs: ['y'],
      constants: { s: halves([0.0005], []), z: narrow('uint16', [65000]) },
      nodes: [node('QuantizeLinear', 'x s z', 'q'), node('DequantizeLinear', 'q s z', 'y')],
    };
    const { y } = await run(model, halves([1, 0.2, -3, -20]), [1, 1, 1, 1]);
    const step = numbersOf(halves([0.0005]))[0]!;
    // The first is cut off above; the others are whole numbers of steps, rounded to float16.
    close(y, [535 * step, 0.2, -3, -20], 2e-3);
  });

  it('QGemm scales its bias too, and QLinearSoftmax before opset 13 takes the axes behind as one', async () => {
    const u = (list: readonly number[], shape: readonly number[] = [list.length]): TensorData => uint8(list, shape);
    const gemm: FileModel = {
      opset: 17,
      inputs: { x: [2, 3] },
      outputs: ['y'],
      constants: { s: scalar(0.02), z: u([120], []), w: int8([10, -20, 30, 40, 5, -6], [3, 2]), ws: scalar(0.05), wz: int8([0]), c: int32([100, -300]) },
      nodes: [node('QuantizeLinear', 'x s z', 'q'), node('QGemm', 'q s z w ws wz c', 'y', { alpha: float(0.5) }, 'com.microsoft')],
    };
    const gemmed = await run(gemm, floats([1, -0.5, 0.3, 0.2, 2, -1], [2, 3]), [1, 2, 3, 4]);
    close(gemmed.y, gemmed.file, 1e-5);
    const softmax: FileModel = {
      opset: 12,
      inputs: { x: [2, 2, 3] },
      outputs: ['y'],
      constants: { s: scalar(0.05), z: u([128], []), ys: scalar(1 / 256), yz: u([0], []) },
      nodes: [
        node('QuantizeLinear', 'x s z', 'q'),
        node('QLinearSoftmax', 'q s z ys yz', 'p', { axis: 1, opset: 12 }, 'com.microsoft'),
        node('DequantizeLinear', 'p ys yz', 'y'),
      ],
    };
    const x = floats([1, 2, -1, 0.5, 0, 3, 0.1, 0.2, 0.3, -2, 1, 1], [2, 2, 3]);
    const { y, file } = await run(softmax, x, new Array<number>(12).fill(1));
    close(y, file, 1.01 / 256);
    assert.ok(Math.abs(y.slice(0, 6).reduce((sum, value) => sum + value, 0) - 1) < 0.03, 'six numbers share one');
  });

  it('passes through what moves and compares whole numbers', async () => {
    const model: FileModel = {
      opset: 13,
      inputs: { x: [1, 1, 2, 4] },
      outputs: ['y'],
      constants: { s: scalar(0.05), z: int8([0]) },
      nodes: [
        node('QuantizeLinear', 'x s z', 'q'),
        node('MaxPool', 'q', 'm', { kernel_shape: [1, 2], strides: [1, 2] }),
        node('Transpose', 'm', 't', { perm: [0, 1, 3, 2] }),
        node('DequantizeLinear', 't s z', 'y'),
      ],
    };
    const { file, y, dx } = await run(model, floats(NUMBERS, [1, 1, 2, 4]), [1, 2, 3, 4]);
    assert.deepEqual(y, file);
    close(dx, [0, 1, 0, 3, 0, 2, 0, 4]);
  });

  it('the same for each channel, with a convolution of quantised weights and a bias of whole numbers', async () => {
    const random = new Random(3);
    // Seven bits: with eight, ONNX Runtime's products of uint8 and int8 overflow on processors without VNNI.
    const weights = Array.from({ length: 3 * 2 * 9 }, () => Math.round(random.uniform(-63, 63)));
    const shared = {
      xs: scalar(0.02),
      xz: uint8([120]),
      w: int8(weights, [3, 2, 3, 3]),
      ws: floats([0.01, 0.02, 0.005]),
      wz: int8([0, 0, 0], [3]),
      ys: scalar(0.1),
      yz: uint8([100]),
      b: int32([100, -200, 300]),
    };
    const bias = { bs: floats([0.0002, 0.0004, 0.0001]) };
    const attrs = { pads: [1, 1, 1, 1], strides: [2, 2] };
    const base = { opset: 13, inputs: { x: [1, 2, 5, 5] }, outputs: ['y'] };
    const joined: FileModel = {
      ...base,
      constants: shared,
      nodes: [node('QuantizeLinear', 'x xs xz', 'q'), node('QLinearConv', 'q xs xz w ws wz ys yz b', 'c', attrs), node('DequantizeLinear', 'c ys yz', 'y')],
    };
    const apart: FileModel = {
      ...base,
      constants: { ...shared, ...bias },
      nodes: [
        node('QuantizeLinear', 'x xs xz', 'q'),
        node('DequantizeLinear', 'q xs xz', 'xd'),
        node('DequantizeLinear', 'w ws wz', 'wd', { axis: 0 }),
        node('DequantizeLinear', 'b bs', 'bd', { axis: 0 }),
        node('Conv', 'xd wd bd', 'cd', attrs),
        node('QuantizeLinear', 'cd ys yz', 'c'),
        node('DequantizeLinear', 'c ys yz', 'y'),
      ],
    };
    const x = floats(
      Float32Array.from({ length: 50 }, () => random.normal()),
      [1, 2, 5, 5],
    );
    const cotangent = Array.from({ length: 27 }, () => random.normal());
    const [one, other] = [await run(joined, x, cotangent), await run(apart, x, cotangent)];
    // One step of 0.1 where a result lies between two.
    close(one.y, one.file, 0.1001);
    close(other.y, other.file, 0.1001);
    close(one.dx, other.dx, 1e-5);
    assert.ok(one.dx.filter((slope) => slope !== 0).length > 25);
  });

  const product = (nodes: readonly FileNode[], constants: FileModel['constants']): FileModel => ({
    opset: 13,
    inputs: { x: [3, 4] },
    outputs: ['y'],
    constants: constants!,
    nodes,
  });
  const B = int8([10, -20, 30, 40, -50, 60, 7, 8, -9, 1, 11, -12], [4, 3]);
  const floatsOfB = Array.from(B.data as Int8Array, (value) => value * 0.01);
  const x = floats(
    Array.from({ length: 12 }, (_, i) => Math.sin(i + 1)),
    [3, 4],
  );
  /** d Σ weights · (x B) / dx */
  const expected = (weights: readonly number[]): number[] =>
    Array.from({ length: 12 }, (_, at) => [0, 1, 2].reduce((sum, j) => sum + weights[Math.floor(at / 4) * 3 + j]! * floatsOfB[(at % 4) * 3 + j]!, 0));
  const WEIGHTS = [1, -2, 3, 0.5, 1, -1, 2, 2, -0.5];

  const products: Readonly<Record<string, FileModel>> = {
    'DynamicQuantizeLinear, MatMulInteger and scaling': product(
      [
        node('DynamicQuantizeLinear', 'x', 'q s z'),
        node('MatMulInteger', 'q b z bz', 'p'),
        node('Cast', 'p', 'f', { to: 1 }),
        node('Mul', 's bs', 'scale'),
        node('Mul', 'f scale', 'y'),
      ],
      { b: B, bs: scalar(0.01), bz: int8([0]) },
    ),
    DynamicQuantizeMatMul: product([node('DynamicQuantizeMatMul', 'x b bs bz', 'y', {}, 'com.microsoft')], { b: B, bs: scalar(0.01), bz: int8([0]) }),
    MatMulIntegerToFloat: product([node('QuantizeLinear', 'x as az', 'q'), node('MatMulIntegerToFloat', 'q b as bs az bz', 'y', {}, 'com.microsoft')], {
      b: B,
      as: scalar(0.008),
      az: uint8([127]),
      bs: floats([0.01, 0.01, 0.01]),
      bz: int8([0, 0, 0], [3]),
    }),
    QLinearMatMul: product(
      [node('QuantizeLinear', 'x as az', 'q'), node('QLinearMatMul', 'q as az b bs bz ys yz', 'r'), node('DequantizeLinear', 'r ys yz', 'y')],
      { b: B, as: scalar(0.008), az: uint8([127]), bs: scalar(0.01), bz: int8([0]), ys: scalar(0.05), yz: uint8([128]) },
    ),
    QGemm: product([node('QuantizeLinear', 'x as az', 'q'), node('QGemm', 'q as az b bs bz c', 'y', { alpha: float(1) }, 'com.microsoft')], {
      b: B,
      as: scalar(0.008),
      az: uint8([127]),
      bs: scalar(0.01),
      bz: int8([0]),
      c: int32([10, 20, 30]),
    }),
  };
  for (const [name, model] of Object.entries(products))
    it(`${name}: results of the file, and the gradient of the product of floats`, async () => {
      const { file, y, dx } = await run(model, x, WEIGHTS);
      close(y, file, name === 'QLinearMatMul' ? 0.0501 : 1e-5);
      close(dx, expected(WEIGHTS), 1e-5);
    });

  const quantize = node('QuantizeLinear', 'x s z', 'q');
  const image: readonly number[] = [1, 2, 4, 4];
  const chain = (nodes: readonly FileNode[], shape: readonly number[] = image): FileModel => ({
    opset: 13,
    inputs: { x: shape },
    outputs: ['y'],
    constants: {
      s: scalar(0.03),
      z: uint8([128]),
      t: scalar(0.02),
      u: uint8([100]),
      other: uint8([5, 200, 130, 128], [1, 1, 1, 4]),
      yes: { dtype: 'bool', shape: [4], data: Uint8Array.of(1, 0, 1, 1) },
    },
    nodes: [quantize, ...nodes, node('DequantizeLinear', 'r t u', 'y')],
  });
  const chains: Readonly<Record<string, FileModel>> = {
    QLinearAdd: chain([node('QLinearAdd', 'q s z other s z t u', 'r', {}, 'com.microsoft')]),
    QLinearMul: chain([node('QLinearMul', 'q s z other s z t u', 'r', {}, 'com.microsoft')]),
    QLinearSigmoid: chain([node('QLinearSigmoid', 'q s z t u', 'r', {}, 'com.microsoft')]),
    QLinearLeakyRelu: chain([node('QLinearLeakyRelu', 'q s z t u', 'r', { alpha: float(0.1) }, 'com.microsoft')]),
    QLinearSoftmax: chain([node('QLinearSoftmax', 'q s z t u', 'r', { axis: -1, opset: 13 }, 'com.microsoft')]),
    QLinearAveragePool: chain([node('QLinearAveragePool', 'q s z t u', 'r', { kernel_shape: [2, 2], strides: [2, 2] }, 'com.microsoft')]),
    'QLinearGlobalAveragePool, channels last': chain([node('QLinearGlobalAveragePool', 'q s z t u', 'r', { channels_last: 1 }, 'com.microsoft')]),
    QLinearConcat: chain([node('QLinearConcat', 't u q s z q s z', 'r', { axis: 1 }, 'com.microsoft')]),
    QLinearWhere: chain([node('QLinearWhere', 'yes q s z other s z t u', 'r', {}, 'com.microsoft')]),
    NhwcMaxPool: chain([node('NhwcMaxPool', 'q', 'r', { kernel_shape: [2, 2], strides: [1, 1], pads: [0, 0, 1, 1] }, 'com.microsoft')]),
  };
  for (const [name, model] of Object.entries(chains))
    it(`${name}: results of the file within one step, and a gradient that is not all zeros`, async () => {
      const random = new Random(5);
      const list = Float32Array.from({ length: sizeOf(image) }, () => random.normal());
      const outputs = await shapeOf(model);
      const { file, y, dx } = await run(model, floats(list, image), new Array<number>(sizeOf(outputs)).fill(1));
      close(y, file, 0.0201);
      assert.ok(dx.some((slope) => slope !== 0) || name === 'QLinearSoftmax');
      assert.ok(dx.every(Number.isFinite));
    });

  it('weights in blocks of an axis become floats', async () => {
    const model: FileModel = {
      opset: 21,
      inputs: { x: [2, 5] },
      outputs: ['y'],
      constants: { w: int8([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [5, 2]), s: floats([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [3, 2]) },
      nodes: [node('DequantizeLinear', 'w s', 'f', { axis: 0, block_size: 2 }), node('MatMul', 'x f', 'y')],
    };
    const { file, y } = await run(model, floats([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [2, 5]), [1, 1, 1, 1]);
    close(y, file);
  });
});

async function shapeOf(model: FileModel): Promise<number[]> {
  const read = fromOnnx(fileOf(model));
  return Promise.resolve(read.outputs[0]!.value.type.shape.map(Number));
}
