/** @file Nodes of older and newer operator sets: what is read computes the same as the file itself in ONNX Runtime. */
import assert from 'node:assert/strict';
import { fromOnnx } from '@robenc/shared/graph/from-onnx.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { floats, integers, numbersOf, type TensorData } from '@robenc/shared/graph/value.js';
import { Random } from '@robenc/shared/math/random.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import { fileOf, float, type AttributeValue } from './model.js';

interface Form {
  readonly opset: number;
  readonly op: string;
  readonly shape: readonly number[];
  readonly attrs?: Readonly<Record<string, AttributeValue>>;
  /** Inputs after x. */
  readonly more?: readonly (TensorData | null)[];
  readonly outputs?: number;
}

const forms: readonly Form[] = [
  ...['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceL2'].flatMap((op) => [
    { opset: 11, op, shape: [2, 3, 4], attrs: { axes: [1, -1], keepdims: 0 } },
    { opset: 11, op, shape: [2, 3, 4] },
  ]),
  { opset: 13, op: 'ReduceSum', shape: [2, 3, 4], more: [integers([1])] },
  { opset: 13, op: 'ReduceMean', shape: [2, 3, 4], attrs: { axes: [1] } },
  { opset: 11, op: 'Squeeze', shape: [2, 1, 3, 1], attrs: { axes: [1] } },
  { opset: 11, op: 'Unsqueeze', shape: [2, 3], attrs: { axes: [0, 3] } },
  { opset: 11, op: 'Softmax', shape: [2, 3, 4] },
  { opset: 11, op: 'LogSoftmax', shape: [2, 3, 4], attrs: { axis: 1 } },
  { opset: 11, op: 'Softmax', shape: [2, 3, 4], attrs: { axis: 2 } },
  { opset: 13, op: 'Softmax', shape: [2, 3, 4], attrs: { axis: 1 } },
  { opset: 9, op: 'Clip', shape: [2, 5], attrs: { min: float(-0.5), max: float(1) } },
  { opset: 9, op: 'Clip', shape: [2, 5], attrs: { max: float(0) } },
  { opset: 7, op: 'Dropout', shape: [2, 5], attrs: { ratio: float(0.5) } },
  { opset: 12, op: 'Dropout', shape: [2, 5], more: [floats([0.5], [])] },
  {
    opset: 9,
    op: 'BatchNormalization',
    shape: [2, 3, 4],
    more: [floats([1, 2, 3]), floats([0, 1, 2]), floats([0, 1, 0]), floats([1, 2, 3])],
    attrs: { epsilon: float(0.01) },
  },
  {
    opset: 7,
    op: 'BatchNormalization',
    shape: [2, 3, 4, 4],
    more: [floats([1, 2, 3]), floats([0, 1, 2]), floats([0, 1, 0]), floats([1, 2, 3])],
    attrs: { spatial: 1 },
  },
  { opset: 9, op: 'Slice', shape: [3, 6], attrs: { starts: [1, -4], ends: [9, -1], axes: [0, 1] } },
  { opset: 9, op: 'Slice', shape: [3, 6], attrs: { starts: [1], ends: [2] } },
  { opset: 9, op: 'Pad', shape: [3, 4], attrs: { pads: [1, 0, 0, 2], value: float(0.5) } },
  { opset: 9, op: 'Pad', shape: [3, 4], attrs: { pads: [1, 0, 0, 2], mode: 'reflect' } },
  { opset: 11, op: 'Split', shape: [2, 6], attrs: { axis: 1, split: [1, 5] }, outputs: 2 },
  { opset: 11, op: 'Split', shape: [2, 6], attrs: { axis: 1 }, outputs: 3 },
  { opset: 18, op: 'Split', shape: [2, 7], attrs: { axis: 1, num_outputs: 3 }, outputs: 3 },
  { opset: 9, op: 'TopK', shape: [2, 6], attrs: { axis: 1, k: 2 }, outputs: 1 },
  { opset: 7, op: 'Upsample', shape: [1, 2, 3, 3], attrs: { mode: 'nearest', scales: [float(1), float(1), float(2), float(2)] } },
  { opset: 9, op: 'Upsample', shape: [1, 2, 3, 3], attrs: { mode: 'linear' }, more: [floats([1, 1, 2, 2])] },
  { opset: 10, op: 'Resize', shape: [1, 2, 4, 4], attrs: { mode: 'nearest' }, more: [floats([1, 1, 0.5, 2])] },
  {
    opset: 11,
    op: 'Resize',
    shape: [1, 2, 4, 4],
    attrs: { mode: 'linear', coordinate_transformation_mode: 'align_corners' },
    more: [floats([]), floats([]), integers([1, 2, 6, 7])],
  },
  { opset: 9, op: 'Scatter', shape: [3, 2], more: [integers([2, 0], [1, 2]), floats([5, 6], [1, 2])], attrs: { axis: 0 } },
  { opset: 7, op: 'Gemm', shape: [2, 3], more: [floats([1, 2, 3, 4, 5, 6], [3, 2]), floats([1, 2])] },
  { opset: 10, op: 'AveragePool', shape: [1, 2, 7, 7], attrs: { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 } },
  { opset: 8, op: 'MaxPool', shape: [1, 2, 7, 7], attrs: { kernel_shape: [3, 3], strides: [2, 2], storage_order: 0 } },
  { opset: 18, op: 'GroupNormalization', shape: [2, 6, 3], attrs: { num_groups: 2, epsilon: float(0.01) }, more: [floats([1, 2]), floats([0.5, -1])] },
  { opset: 21, op: 'GroupNormalization', shape: [2, 6, 3], attrs: { num_groups: 2 }, more: [floats([1, 2, 3, 4, 5, 6]), floats([0, 1, 2, 3, 4, 5])] },
  { opset: 13, op: 'MeanVarianceNormalization', shape: [2, 3, 4, 4] },
  { opset: 23, op: 'RMSNormalization', shape: [2, 3, 4], more: [floats([1, 2, 3, 4])] },
  { opset: 13, op: 'GlobalLpPool', shape: [2, 3, 4, 4], attrs: { p: 2 } },
];

describe('reading older and newer operator sets', () => {
  for (const [index, form] of forms.entries()) {
    it(`${form.op} of opset ${form.opset} ${JSON.stringify(form.attrs ?? {})}: the read graph gives the file's own numbers`, async () => {
      const more = (form.more ?? []).map((tensor, i) => [tensor === null ? '' : `c${i}`, tensor] as const);
      const outputs = Array.from({ length: form.outputs ?? 1 }, (_, i) => `y${i}`);
      const bytes = fileOf({
        opset: form.opset,
        inputs: { x: form.shape },
        outputs,
        constants: Object.fromEntries(more.filter((entry): entry is [string, TensorData] => entry[1] !== null)),
        nodes: [
          {
            op: form.op,
            inputs: ['x', ...more.map(([name]) => name)],
            outputs: form.op === 'TopK' ? ['y0', 'places'] : outputs,
            ...(form.attrs ? { attrs: form.attrs } : {}),
          },
        ],
      });
      const random = new Random(1, index);
      const x = floats(
        Float32Array.from({ length: form.shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
        form.shape,
      );
      const expected = await run(bytes, x);
      const actual = await run(toOnnx(fromOnnx(bytes)), x);
      assert.deepEqual(Object.keys(actual), outputs);
      for (const name of outputs) {
        assert.deepEqual(actual[name]!.shape, expected[name]!.shape);
        const [got, wanted] = [numbersOf(actual[name]!), numbersOf(expected[name]!)];
        for (const [i, value] of wanted.entries())
          assert.ok(Math.abs(got[i]! - value) <= 2e-6 * Math.max(1, Math.abs(value)), `${name}[${i}]: ${got[i]} instead of ${value}`);
      }
    });
  }

  it('operator sets before 7 and after the newest known one are refused with the range', () => {
    for (const opset of [6, 99]) {
      const bytes = fileOf({ opset, inputs: { x: [1] }, outputs: ['y'], nodes: [{ op: 'Relu', inputs: ['x'], outputs: ['y'] }] });
      assert.throws(() => fromOnnx(bytes), { code: 'unsupported', message: new RegExp(`operator set ${opset}; robenc reads 7 to`) });
    }
  });
});

async function run(bytes: Uint8Array, x: TensorData): Promise<Record<string, TensorData>> {
  const session = await openSession(bytes, { threads: 1 });
  try {
    return await session.run({ x });
  } finally {
    await session.close();
  }
}
