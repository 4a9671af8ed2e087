/** @file Encoders that start from an ONNX file: which weights they train, that a step follows the true gradient, and that the file comes back with them. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from '@robenc/shared/config/check.js';
import { fromOnnx } from '@robenc/shared/graph/from-onnx.js';
import { floats } from '@robenc/shared/graph/value.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { Random } from '@robenc/shared/math/random.js';
import { newBuilder } from '@robenc/shared/ops/index.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import { adversaries } from '@robenc/train/adversaries/index.js';
import { onnxEncoder, sourceOf } from '@robenc/train/encoders/onnx/onnx.js';
import { trainable } from '@robenc/train/encoders/onnx/trainable.js';
import { initialState } from '@robenc/train/engines/contract.js';
import type { StepSpec } from '@robenc/train/engines/engine.js';
import { openOnnxEngine } from '@robenc/train/engines/onnx.js';
import { losses } from '@robenc/train/losses/index.js';
import { optimizers } from '@robenc/train/optimizers/index.js';
import { encoderGraph } from '@robenc/train/run/encoder.js';
import { fineTunedParity, withWeights } from '@robenc/train/run/fine-tuned.js';

const SMALL_RESNET = join(import.meta.dirname, '../../fixtures/onnx-gradients/small_resnet/model.onnx');

/** An NHWC classifier of 4x4 images that normalises its input itself and ends in a Softmax. */
function smallClassifier(): Uint8Array {
  const random = new Random(3, 'classifier');
  const drawn = (shape: number[]) =>
    floats(
      Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.uniform(-0.6, 0.6)),
      shape,
    );
  const g = newBuilder();
  const image = g.input('pixels', 'float32', ['batch', 4, 4, 3]);
  const normal = g.div(g.sub(image, g.parameter(floats([100, 110, 120]), 'mean')), g.parameter(floats([50, 60, 70]), 'deviation'));
  const conv = g.node('Conv', [g.transpose(normal, [0, 3, 1, 2]), g.parameter(drawn([5, 3, 3, 3]), 'conv'), g.parameter(drawn([5]), 'conv.bias')]);
  const ones = (value: number) => floats(new Float32Array(5).fill(value));
  const [norm] = g.nodeOutputs(
    'BatchNormalization',
    [conv, g.parameter(ones(1.2), 'scale'), g.parameter(ones(0.1), 'shift'), g.parameter(ones(0.2), 'running.mean'), g.parameter(ones(1.5), 'running.var')],
    { epsilon: 1e-5 },
    { outputs: 1 },
  );
  const flat = g.reshape(g.node('Sigmoid', [norm!]), ['batch', 20]);
  const logits = g.add(g.node('MatMul', [flat, g.parameter(drawn([20, 3]), 'head')]), g.parameter(drawn([3]), 'head.bias'));
  g.output('probabilities', g.node('Softmax', [logits], { axis: -1 }));
  return toOnnx(g.build('classifier'));
}

describe('encoders from an ONNX file', () => {
  let folder: string;
  let file: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'robenc-init-'));
    file = join(folder, 'classifier.onnx');
    writeFileSync(file, smallClassifier());
  });
  after(() => rmSync(folder, { recursive: true }));

  const SMALL = { layout: 'nhwc', range: [0, 255] };
  const configOf = (options: object = SMALL) => check(onnxEncoder.config, { path: file, ...options }, 'encoder');

  function specOf(options: object, adversary: string, loss = 'cross-entropy'): StepSpec {
    const choose = <T extends { config: Parameters<typeof check>[0] }>(use: T, config: object) => ({
      use,
      config: check(use.config, config, 'test') as object,
    });
    const attacker = choose(adversaries.get(adversary), {});
    return {
      encoder: { use: onnxEncoder, config: configOf(options) },
      loss: choose(losses.get(loss), {}),
      optimizer: choose(optimizers.get('sgd'), { momentum: 0, nesterov: false, weightDecay: 0 }),
      adversary: attacker.use.plan(attacker.config),
      average: null,
      precision: 'float32',
      views: loss === 'cross-entropy' ? 1 : 2,
      batch: 6,
      size: 4,
    };
  }

  const batchOf = (spec: StepSpec) => {
    const random = new Random(8, 'batch');
    const pixels = spec.views * spec.batch * 3 * spec.size ** 2;
    return { views: Float32Array.from({ length: pixels }, () => random.next()), labels: Int32Array.of(0, 1, 2, 0, 1, 2) };
  };

  it('trains filters, biases, scales and heads, but neither the normalisation of the input nor running statistics', () => {
    assert.deepEqual(Object.keys(trainable(fromOnnx(file))), ['conv', 'conv.bias', 'scale', 'shift', 'head', 'head.bias']);
    const resnet = trainable(fromOnnx(SMALL_RESNET));
    assert.equal(
      Object.values(resnet).reduce((sum, { data }) => sum + data.length, 0),
      19_850,
    );
  });

  it('one SGD step moves every weight along the gradient that finite differences of the file in ONNX Runtime give', async () => {
    const spec = specOf(SMALL, 'none');
    const initial = initialState(spec, new Random(1, 'initial'));
    const engine = await openOnnxEngine(spec, initial, { device: 'cpu', threads: 1 });
    const batch = batchOf(spec);
    const { loss } = await engine.step(batch, [1]);
    const { params } = await engine.state();
    await engine.close();

    // What the file takes: [n, h, w, c] from 0 to 255.
    const area = 16;
    const fed = Float32Array.from(batch.views, (_, i) => 255 * batch.views[(Math.floor(i / (3 * area)) * 3 + (i % 3)) * area + (Math.floor(i / 3) % area)]!);
    const lossOf = async (values: typeof params): Promise<number> => {
      const session = await openSession(withWeights(file, values), { device: 'cpu' });
      try {
        const { probabilities } = await session.run({ pixels: { dtype: 'float32', shape: [6, 4, 4, 3], data: fed } });
        return -batch.labels.reduce((sum, label, i) => sum + Math.log(Number(probabilities!.data[3 * i + label])), 0) / 6;
      } finally {
        await session.close();
      }
    };
    const whole = await lossOf(initial.params);
    assert.ok(Math.abs(whole - loss) < 1e-5, `loss ${loss}, of the file ${whole}`);
    const random = new Random(2, 'directions');
    for (const [name, { shape, data }] of Object.entries(initial.params)) {
      const direction = Float32Array.from(data, () => random.normal());
      const shifted = (by: number) => ({ ...initial.params, [name]: { shape, data: data.map((value, i) => value + by * direction[i]!) } });
      const step = 1e-2;
      const slope = ((await lossOf(shifted(step))) - (await lossOf(shifted(-step)))) / (2 * step);
      const moved = direction.reduce((sum, d, i) => sum + d * (data[i]! - params[name]!.data[i]!), 0);
      assert.ok(Math.abs(moved - slope) < 2e-3 * Math.max(1, Math.abs(slope)), `${name}: moved ${moved}, slope ${slope}`);
    }
  });

  for (const [adversary, loss, options] of [
    ['pgd', 'cross-entropy', SMALL],
    ['free', 'emp-ssl', { ...SMALL, projector: 'mlp', hidden: 8, projection: 4 }],
  ] as const)
    it(`${adversary} with ${loss}: the loss falls, and the file with the new weights takes and gives what the old one did`, async () => {
      const spec = specOf(options, adversary, loss);
      const engine = await openOnnxEngine(spec, initialState(spec, new Random(1, 'initial')), { device: 'cpu', threads: 1 });
      const rates = new Array<number>(spec.adversary.replays).fill(0.05);
      const batch = batchOf(spec);
      const seen: number[] = [];
      for (let step = 0; step < 12; step++) seen.push((await engine.step(batch, rates)).loss);
      const { params } = await engine.state();
      await engine.close();
      assert.ok(seen.at(-1)! < seen[0]!, `from ${seen[0]} to ${seen.at(-1)}`);
      const [before, after] = [fromOnnx(file), fromOnnx(withWeights(file, params))];
      const ports = ({ inputs, outputs }: typeof before) => [
        inputs.map(({ name, type }) => [name, type]),
        outputs.map(({ name, value }) => [name, value.type]),
      ];
      assert.deepEqual(ports(after), ports(before));
      assert.notDeepEqual(trainable(after)['conv']!.data, trainable(before)['conv']!.data);
      assert.deepEqual(trainable(after)['head']!.data, Object.values(params).at(Object.keys(params).indexOf('head'))!.data);
    });

  for (const [layout, channels] of [
    ['nchw', 3],
    ['nchw', 1],
    ['nhwc', 3],
    ['nhwc', 1],
  ] as const)
    it(`the graph of an encoder for ${layout} images of ${channels} channels agrees with its file, preprocessing included`, async () => {
      const random = new Random(6, 'encoder', channels);
      const g = newBuilder();
      const image = g.input('pixels', 'float32', layout === 'nchw' ? ['batch', channels, 4, 4] : ['batch', 4, 4, channels]);
      const flat = g.reshape(image, ['batch', 16 * channels]);
      const weights = floats(
        Float32Array.from({ length: 80 * channels }, () => random.uniform(-1, 1)),
        [16 * channels, 5],
      );
      g.output('embedding', g.node('MatMul', [flat, g.parameter(weights, 'weights')]));
      const path = join(folder, `${layout}-${channels}.onnx`);
      writeFileSync(path, toOnnx(g.build('encoder')));
      const each = (values: number[]) => values.slice(0, channels);
      const config = configOf({ path, layout, range: [-1, 2], mean: each([0.1, 0.2, 0.3]), std: each([0.5, 0.6, 0.7]) });
      const { params, state: encoderState } = onnxEncoder.init(config, random);
      const graph = await encoderGraph({ use: onnxEncoder, config }, { params, encoderState }, 4);
      const session = await openSession(toOnnx(graph), { device: 'cpu' });
      try {
        const { maxRelativeError } = await fineTunedParity(session, sourceOf(config), params, { images: 3, size: 4, seed: 1, tolerance: 1e-4 });
        assert.ok(maxRelativeError < 1e-6, `${maxRelativeError}`);
      } finally {
        await session.close();
      }
    });

  it('says what is wrong with a file that cannot be trained, one that was exchanged, and views of another size', () => {
    const g = newBuilder();
    g.output('embedding', g.node('ReduceMean', [g.input('image', 'float32', ['batch', 3, 4, 4]), g.ints([2, 3])], { keepdims: 0 }));
    const empty = join(folder, 'empty.onnx');
    writeFileSync(empty, toOnnx(g.build('mean')));
    assert.throws(() => onnxEncoder.dimensions(configOf({ path: empty })), { code: 'unsupported', message: /no float32 weights that training could change/ });
    assert.throws(() => onnxEncoder.dimensions(configOf({ ...SMALL, sha256: '0'.repeat(64) })), {
      code: 'mismatch',
      message: /not the file that the run began with/,
    });
    assert.throws(() => onnxEncoder.dimensions(configOf({ path: join(folder, 'none.onnx') })), { code: 'not-found' });
    assert.throws(() => onnxEncoder.dimensions(configOf({ layout: 'nchw' })), {
      code: 'bad-input',
      field: 'encoder.layout',
      message: /Set encoder.layout="nhwc"/,
    });
    assert.equal(readFileSync(file).length, smallClassifier().length);
  });
});
