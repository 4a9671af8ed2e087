/** @file Gradient graphs of ONNX files: by several inputs and initializers, in every float type, past outputs that cannot be computed. */
import assert from 'node:assert/strict';
import { differentiateFile } from '@robenc/shared/autodiff/differentiate-file.js';
import type { DifferentiateOptions } from '@robenc/shared/autodiff/differentiate.js';
import { attackLosses } from '@robenc/shared/autodiff/losses/index.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { floats, integers, numbersOf, sizeOf, type TensorData } from '@robenc/shared/graph/value.js';
import { numberToHalf } from '@robenc/shared/math/float16.js';
import { Random } from '@robenc/shared/math/random.js';
import type { Draft, NodeProto } from '@robenc/shared/proto/onnx.js';
import { decodeModel } from '@robenc/shared/proto/decode.js';
import { encodeModel } from '@robenc/shared/proto/encode.js';
import { dataToTensor, tensorToData } from '@robenc/shared/proto/tensor.js';
import { integer, integers as list, modelOf, node, port, run } from '../graph/import.js';

type Real = 'float16' | 'float32' | 'float64';

/** Random numbers away from 0, as a tensor of a float type. */
function draw(key: string, shape: readonly number[], dtype: Real, scale = 1): TensorData {
  const random = new Random(5, key);
  const numbers = Array.from({ length: sizeOf(shape) }, () => scale * random.normal());
  return tensor(numbers, shape, dtype);
}

function tensor(numbers: readonly number[], shape: readonly number[], dtype: Real): TensorData {
  if (dtype === 'float64') return { dtype, shape, data: Float64Array.from(numbers) };
  if (dtype === 'float16') return { dtype, shape, data: Uint16Array.from(numbers, numberToHalf) };
  return floats(numbers, shape);
}

/** image [N,3,6,6] → Conv (in float64, where ONNX Runtime has none, a MatMul), one · h, Tanh, mean → fc → logits [N,5]. `one` multiplies by 1, which a careless reader drops. */
function classifier(
  dtype: Real,
  more: { nodes?: readonly Draft<NodeProto>[]; outputs?: readonly string[]; activation?: readonly [string, ...string[]] } = {},
): Uint8Array {
  const stored = {
    'conv.weight': draw('conv', [4, 3, 3, 3], dtype, 0.4),
    // ONNX Runtime fuses scalars into products as float32, so in float64 there is one for each channel.
    one: dtype === 'float64' ? tensor([1, 1, 1], [3, 1, 1], dtype) : tensor([1], [1], dtype),
    'fc.weight': draw('fc', [dtype === 'float64' ? 3 : 4, 5], dtype),
    square: draw('square', [6, 6], dtype),
    'fc.bias': draw('bias', [5], dtype),
    low: tensor([-0.5], [], dtype),
    high: tensor([0.75], [], dtype),
  };
  const [activation, ...bounds] = more.activation ?? ['Tanh'];
  return modelOf({
    graph: {
      input: [port('image', ['N', 3, 6, 6], dtype)],
      output: ['logits', ...(more.outputs ?? [])].map((name) => port(name, undefined, dtype)),
      initializer: [...Object.entries(stored).map(([name, data]) => dataToTensor(name, data)), dataToTensor('space', integers([2, 3]))],
      node: [
        ...(dtype === 'float64'
          ? [node('MatMul', ['image', 'square'], ['c'])]
          : [node('Conv', ['image', 'conv.weight'], ['c'], [list('pads', [1, 1, 1, 1]), list('strides', [2, 2])])]),
        node('Mul', ['c', 'one'], ['s']),
        node(activation, ['s', ...bounds], ['t']),
        node('ReduceMean', ['t', 'space'], ['m'], [integer('keepdims', 0)]),
        node('Gemm', ['m', 'fc.weight', 'fc.bias'], ['logits']),
        ...(more.nodes ?? []),
      ],
    },
  });
}

const label = integers([1, 4]);
const lossFeeds = (loss: string, dtype: Real): Record<string, TensorData> => {
  const { inputs } = attackLosses.get(loss);
  return {
    ...(inputs.includes('label') ? { label } : {}),
    ...(inputs.includes('target_label') ? { target_label: integers([0, 2]) } : {}),
    ...(inputs.includes('target') ? { target: draw('target', [2, 5], dtype === 'float16' ? 'float32' : dtype) } : {}),
  };
};

async function gradients(model: Uint8Array, feeds: Record<string, TensorData>, options: DifferentiateOptions): Promise<Record<string, TensorData>> {
  return run(toOnnx(differentiateFile(model, options).graph), feeds);
}

describe('differentiating a file', () => {
  for (const loss of attackLosses.names)
    it(`${loss} in float64: by the image and three initializers at once, each agrees with a finite difference within 1e-7`, async () => {
      const image = draw('image', [2, 3, 6, 6], 'float64');
      const feeds = { image, ...lossFeeds(loss, 'float64') };
      const model = classifier('float64');
      const { graph, gradients: names } = differentiateFile(model, { wrt: ['image', 'one', 'fc.weight', 'fc.bias'], loss });
      assert.deepEqual(names, { image: 'gradient_image', one: 'gradient_one', 'fc.weight': 'gradient_fc.weight', 'fc.bias': 'gradient_fc.bias' });
      assert.deepEqual(
        graph.inputs.map(({ name }) => name),
        ['image', ...attackLosses.get(loss).inputs],
      );
      const results = await run(toOnnx(graph), feeds);
      for (const [name, output] of Object.entries(names)) {
        const slope = numbersOf(results[output]!);
        const random = new Random(9, name);
        const direction = slope.map(() => random.normal());
        const analytic = slope.reduce((sum, value, i) => sum + value * direction[i]!, 0);
        const lossAt = async (step: number): Promise<number> => {
          const moved = (at: TensorData): TensorData =>
            tensor(
              numbersOf(at).map((value, i) => value + step * direction[i]!),
              at.shape,
              'float64',
            );
          const [file, fed] = name === 'image' ? [model, { ...feeds, image: moved(image) }] : [withInitializer(model, name, moved), feeds];
          const outputs = await gradients(file, fed, { wrt: 'image', loss });
          return numbersOf(outputs['loss']!).reduce((sum, value) => sum + value, 0);
        };
        const difference = ((await lossAt(1e-5)) - (await lossAt(-1e-5))) / 2e-5;
        assert.ok(Math.abs(analytic - difference) < 1e-7 * Math.max(1, Math.abs(difference)), `${name}: ${analytic} is not ${difference}`);
      }
    });

  it('a label outside the classes is refused when it runs, -1 as well', async () => {
    const image = draw('image', [2, 3, 6, 6], 'float32');
    for (const loss of ['cross-entropy', 'margin', 'dlr'])
      for (const wrong of [-1, 5])
        await assert.rejects(gradients(classifier('float32'), { image, label: integers([1, wrong]) }, { wrt: 'image', loss }), { name: 'RobencError' });
  });

  it('only what keeps its shape is taken for a copy of its input, and only operators that there are', () => {
    const model = classifier('float32');
    const attempt = (...straightThrough: string[]) => differentiateFile(model, { wrt: 'image', loss: 'margin', straightThrough });
    assert.throws(() => attempt('Conv'), { code: 'unsupported', message: /Conv .* changes .* cannot be taken for a copy of its input/ });
    assert.throws(() => attempt('tanh'), { code: 'usage', message: /--straight-through tanh: ONNX has no operator of that name. Is Tanh meant\?/ });
    assert.match(attempt('Round').warnings.join(), /The model has no operator Round/);
  });

  it('a strided convolution of open sizes is named, and no copy is recommended where there is none', () => {
    const open = modelOf({
      graph: {
        input: [port('image', ['N', 3, 'H', 'W'], 'float32')],
        output: [port('logits', ['N', 4], 'float32')],
        initializer: [dataToTensor('w', draw('w', [4, 3, 3, 3], 'float32')), dataToTensor('space', integers([2, 3]))],
        node: [
          node('Conv', ['image', 'w'], ['c'], [list('strides', [2, 2]), list('kernel_shape', [3, 3])], { name: 'halving' }),
          node('ReduceMean', ['c', 'space'], ['logits'], [integer('keepdims', 0)]),
        ],
      },
    });
    assert.throws(
      () => differentiateFile(open, { wrt: 'image', loss: 'margin' }),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'unsupported');
        assert.match(error.message, /Conv "halving".*fixed spatial sizes/);
        assert.doesNotMatch(error.message, /straight-through/);
        return true;
      },
    );
  });

  it('float16: losses and gradients are float32, and agree with the float32 model within 1e-2', async () => {
    const image = draw('image', [2, 3, 6, 6], 'float16');
    const wide = tensor(numbersOf(image), image.shape, 'float32');
    for (const loss of ['cross-entropy', 'l2-to-target']) {
      const options = { wrt: ['image', 'fc.weight', 'one'], loss };
      const half = await gradients(classifier('float16'), { image, ...lossFeeds(loss, 'float16') }, options);
      const single = await gradients(classifier('float32'), { image: wide, ...lossFeeds(loss, 'float32') }, options);
      assert.equal(half['logits']!.dtype, 'float16');
      for (const name of ['loss', 'gradient_image', 'gradient_fc.weight', 'gradient_one']) {
        assert.equal(half[name]!.dtype, 'float32');
        assert.ok(
          distance(numbersOf(half[name]!), numbersOf(single[name]!)) < 1e-2,
          `${loss}, ${name}: ${distance(numbersOf(half[name]!), numbersOf(single[name]!))}`,
        );
      }
    }
  });

  for (const activation of [
    ['Clip', 'low', 'high'],
    ['Max', 'low'],
    ['Min', 'high'],
  ] as const)
    it(`float16: through ${activation[0]}, where ONNX Runtime may round one of two numbers that are compared and not the other`, async () => {
      const image = draw('image', [2, 3, 6, 6], 'float16');
      const options = { wrt: 'image', loss: 'cross-entropy' };
      const half = await gradients(classifier('float16', { activation }), { image, label }, options);
      const wide = tensor(numbersOf(image), image.shape, 'float32');
      const single = await gradients(classifier('float32', { activation }), { image: wide, label }, options);
      const far = distance(numbersOf(half['gradient']!), numbersOf(single['gradient']!));
      assert.ok(far < 1e-2, `${far}`);
    });

  it('float16: a gradient far below the smallest half is not lost', async () => {
    const tiny = modelOf({
      graph: {
        input: [port('x', [1, 2], 'float16')],
        output: [port('y', [1, 2], 'float16')],
        initializer: [dataToTensor('small', tensor([2 ** -13], [], 'float16'))],
        node: [node('Mul', ['x', 'small'], ['a']), node('Mul', ['a', 'small'], ['y'])],
      },
    });
    const { gradient } = await gradients(
      tiny,
      { x: tensor([1, 2], [1, 2], 'float16'), target: floats([-0.5, -1], [1, 2]) },
      { wrt: 'x', loss: 'l2-to-target' },
    );
    assert.ok(distance(numbersOf(gradient!), [2 ** -26, 2 ** -25]) < 1e-3, String(numbersOf(gradient!)));
  });

  const rounding = {
    nodes: [node('Round', ['image'], ['r'], [], { name: 'quantise' }), node('ReduceSum', ['r', 'space'], ['rounded'], [integer('keepdims', 0)])],
  };

  it('an output beside the one of the loss blocks nothing', () => {
    const { graph } = differentiateFile(classifier('float32', { ...rounding, outputs: ['rounded'] }), { wrt: 'image', loss: 'margin', output: 'logits' });
    assert.deepEqual(
      graph.outputs.map(({ name }) => name),
      ['loss', 'logits', 'rounded', 'gradient'],
    );
  });

  it('an output that robenc cannot compute is left out with a warning, and only where another is named for the loss', () => {
    const model = classifier('float32', { nodes: [node('Frobnicate', ['logits'], ['odd'], [], { name: 'tail' })], outputs: ['odd'] });
    const { graph, warnings } = differentiateFile(model, { wrt: 'image', loss: 'margin', output: 'logits' });
    assert.deepEqual(
      graph.outputs.map(({ name }) => name),
      ['loss', 'logits', 'gradient'],
    );
    assert.match(warnings.join(), /output "odd" is left out/);
    assert.throws(() => differentiateFile(model, { wrt: 'image', loss: 'margin' }), /Frobnicate "tail" \(robenc does not know it\)/);
    assert.throws(() => differentiateFile(model, { wrt: 'image', loss: 'margin', output: 'odd' }), /Frobnicate "tail"/);
  });

  it('straight-through is taken by name, and an operator that is not there is told', () => {
    const model = classifier('float32', { ...rounding, outputs: ['rounded'] });
    const options = { wrt: 'image', loss: 'l2-to-target', output: 'rounded' };
    assert.throws(() => differentiateFile(model, options), /Round "quantise" \(its derivative is 0/);
    const { warnings } = differentiateFile(model, { ...options, straightThrough: ['Round', 'Floor'] });
    assert.deepEqual(warnings, ['The model has no operator Floor, so taking it for a copy of its input (straight-through) changes nothing.']);
  });

  const refusals: readonly (readonly [string, Partial<DifferentiateOptions>, RegExp])[] = [
    ['a name that there is not', { wrt: 'pixels' }, /no input "pixels", nor an initializer/],
    ['integers', { wrt: 'space' }, /"space" is int64\[2\]: only floats have a gradient/],
    ['nothing at all', { wrt: [] }, /Nothing is named/],
    ['a loss that there is not', { loss: 'hinge' }, /No loss "hinge"/],
  ];
  for (const [title, changes, message] of refusals)
    it(`refuses ${title}`, () =>
      assert.throws(() => differentiateFile(classifier('float32'), { wrt: 'image', loss: 'cross-entropy', ...changes }), { code: 'usage', message }));

  it('refuses ratios of logits where there are too few classes', () => {
    const two = modelOf({
      graph: { input: [port('x', ['N', 2])], output: [port('y', ['N', 2])], node: [node('Relu', ['x'], ['y'])] },
    });
    assert.throws(() => differentiateFile(two, { wrt: 'x', loss: 'dlr' }), /needs 3 classes or more/);
    assert.throws(() => differentiateFile(two, { wrt: 'x', loss: 'targeted-dlr' }), /needs 4 classes or more/);
  });
});

/** The model with one initializer changed. */
function withInitializer(model: Uint8Array, name: string, change: (tensor: TensorData) => TensorData): Uint8Array {
  const file = decodeModel(model);
  const initializer = file.graph!.initializer.map((stored) => (stored.name === name ? dataToTensor(name, change(tensorToData(stored))) : stored));
  return encodeModel({ ...file, graph: { ...file.graph, initializer } });
}

/** Relative Euclidean distance. */
function distance(actual: readonly number[], expected: readonly number[]): number {
  return Math.hypot(...actual.map((value, i) => value - expected[i]!)) / Math.hypot(...expected);
}
