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

  it('recurrent operators with images before places, which ONNX Runtime does not run, give what the usual layout gives', async () => {
    const random = new Random(3, 'layout');
    const drawn = (...shape: number[]): TensorData =>
      floats(
        Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
        shape,
      );
    const [images, places, size, hidden] = [2, 3, 4, 5];
    const constants = { w: drawn(2, 4 * hidden, size), r: drawn(2, 4 * hidden, hidden) };
    const [h, c] = [drawn(images, 2, hidden), drawn(images, 2, hidden)];
    const outputs = ['y', 'last', 'state'];
    const answers = [];
    for (const layout of [0, 1]) {
      const states = layout === 1 ? { h, c } : { h: firstAxesExchanged(h), c: firstAxesExchanged(c) };
      const bytes = fileOf({
        opset: 14,
        inputs: { x: layout === 1 ? [images, places, size] : [places, images, size] },
        outputs,
        constants: { ...constants, ...states },
        nodes: [{ op: 'LSTM', inputs: ['x', 'w', 'r', '', '', 'h', 'c'], outputs, attrs: { hidden_size: hidden, direction: 'bidirectional', layout } }],
      });
      const x = floats(
        Float32Array.from({ length: images * places * size }, (_, i) => Math.sin(i)),
        [images, places, size],
      );
      answers.push(await run(toOnnx(fromOnnx(bytes)), layout === 1 ? x : firstAxesExchanged(x)));
    }
    const [usual, turned] = answers as [Record<string, TensorData>, Record<string, TensorData>];
    assert.deepEqual(turned['y']!.shape, [images, places, 2, hidden]);
    // [T, D, N, H] as rows of H: place, direction and image count in another order.
    const rows = numbersOf(usual['y']!);
    const wanted = Array.from({ length: images * places * 2 }, (_, i) => {
      const [image, place, direction] = [Math.floor(i / (2 * places)), Math.floor(i / 2) % places, i % 2];
      return rows.slice(((place * 2 + direction) * images + image) * hidden, ((place * 2 + direction) * images + image + 1) * hidden);
    }).flat();
    assert.deepEqual(numbersOf(turned['y']!), wanted);
    for (const name of ['last', 'state']) assert.deepEqual(numbersOf(turned[name]!), numbersOf(firstAxesExchanged(usual[name]!)));
  });

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

/** [a, b, c] to [b, a, c] */
function firstAxesExchanged(tensor: TensorData): TensorData {
  const [a, b, c] = tensor.shape as [number, number, number];
  const from = numbersOf(tensor);
  return floats(
    Array.from({ length: a * b * c }, (_, i) => from[(Math.floor(i / c) % a) * b * c + Math.floor(i / (a * c)) * c + (i % c)]!),
    [b, a, c],
  );
}
