/** @file `robenc differentiate`: the file it writes computes the gradient, and what it answers to models that are in its way. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import command from '@robenc/shared/commands/differentiate.js';
import { RobencError } from '@robenc/shared/errors.js';
import { floats, integers, numbersOf, type TensorData } from '@robenc/shared/graph/value.js';
import { Random } from '@robenc/shared/math/random.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import { memoryContext, type MemoryContext } from '../../context.js';
import { CLASSES, PIXELS, writeModel, type Disguise } from './models.js';

const fixture = new URL('../../fixtures/onnx-gradients/small_resnet/', import.meta.url).pathname;

interface Answer {
  readonly inputs: readonly { name: string; type: string }[];
  readonly outputs: readonly { name: string; type: string }[];
  readonly warnings: readonly string[];
}

describe('robenc differentiate', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'robenc-differentiate-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  async function run(model: string, options: Record<string, unknown> = {}): Promise<{ answer: Answer; context: MemoryContext; path: string }> {
    const context = memoryContext({ json: true, cwd: folder });
    const path = join(folder, 'made/gradient.onnx');
    const code = await command.run(
      { model, models: 'models', wrt: ['image'], loss: 'cross-entropy', out: 'made/gradient.onnx', straightThrough: [], force: false, ...options },
      context,
    );
    assert.equal(code, 0);
    assert.equal(context.results.length, 1);
    return { answer: context.results[0] as Answer, context, path };
  }

  async function refusal(disguise: Disguise, options: Record<string, unknown> = {}): Promise<RobencError> {
    const error = await run(writeModel(folder, disguise), options).then(
      () => assert.fail('it was accepted'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof RobencError, String(error));
    assert.ok(!existsSync(join(folder, 'made')), 'something was written');
    return error;
  }

  async function compute(path: string, feeds: Record<string, TensorData>): Promise<Record<string, TensorData>> {
    const session = await openSession(path, { device: 'cpu', threads: 1 });
    try {
      return await session.run(feeds);
    } finally {
      await session.close();
    }
  }

  it('the file for small_resnet computes the reference’s logits and gradient within 1e-5', async () => {
    const floatsOf = (file: string) => new Float32Array(new Uint8Array(readFileSync(fixture + file)).buffer);
    const { inputShape, labels } = JSON.parse(readFileSync(`${fixture}case.json`, 'utf8')) as { inputShape: number[]; labels: number[] };
    const { path } = await run(`${fixture}model.onnx`);
    const outputs = await compute(path, { image: floats(floatsOf('input.f32'), inputShape), label: integers(labels) });
    assert.deepEqual(Object.keys(outputs).sort(), ['gradient', 'logits', 'loss']);
    assert.ok(distance(numbersOf(outputs['logits']!), floatsOf('logits.f32')) < 1e-5);
    assert.ok(distance(numbersOf(outputs['gradient']!), floatsOf('grad.f32')) < 1e-5);
  });

  for (const loss of ['l2-to-target', 'cosine-to-target'])
    it(`${loss} takes a target as wide as the output, and its gradient agrees with a central difference`, async () => {
      const { answer, path } = await run(writeModel(folder), { loss });
      assert.deepEqual(answer.inputs[1], { name: 'target', type: `float32[batch,${CLASSES}]` });
      const random = new Random(3, loss);
      const normals = (length: number) => Float32Array.from({ length }, () => random.normal());
      const [x, direction] = [normals(PIXELS), normals(PIXELS)];
      const target = floats(normals(CLASSES), [1, CLASSES]);
      const at = (step: number) =>
        compute(path, {
          image: floats(
            x.map((value, i) => value + step * direction[i]!),
            [1, 3, 2, 2],
          ),
          target,
        });
      const slope = numbersOf((await at(0))['gradient']!).reduce((sum, value, i) => sum + value * direction[i]!, 0);
      const [up, down] = [await at(1e-2), await at(-1e-2)].map((outputs) => numbersOf(outputs['loss']!)[0]!);
      assert.ok(Math.abs(slope - (up! - down!) / 2e-2) < 1e-2 * Math.max(1, Math.abs(slope)), `${slope} is not ${(up! - down!) / 2e-2}`);
    });

  it('"image" stands for the only image-shaped input, and other inputs stay inputs', async () => {
    const { answer } = await run(writeModel(folder, { input: 'pixel_values', scale: 'scale' }));
    assert.deepEqual(
      answer.inputs.map(({ name }) => name),
      ['pixel_values', 'scale', 'label'],
    );
    assert.deepEqual(answer.outputs[2], { name: 'gradient', type: 'float32[batch,3,2,2]' });
  });

  it('a fixed batch of 3 makes label [3] and loss [3]', async () => {
    const { answer } = await run(writeModel(folder, { batch: 3 }));
    assert.deepEqual([answer.inputs[1]!.type, answer.outputs[0]!.type], ['int64[3]', 'float32[3]']);
  });

  it('a Softmax output gets a warning, and the loss is that of the logits before it', async () => {
    const plain = await run(writeModel(folder));
    const feeds = { image: floats(new Float32Array(PIXELS).fill(0.3), [1, 3, 2, 2]), label: integers([2]) };
    const expected = await compute(plain.path, feeds);
    const { answer, context, path } = await run(writeModel(folder, { softmax: true, output: 'probabilities' }), { force: true });
    assert.match(answer.warnings[0]!, /"probabilities".*Softmax/);
    assert.match(context.notes[0]!, /^Warning: /);
    const outputs = await compute(path, feeds);
    assert.ok(distance(numbersOf(outputs['gradient']!), numbersOf(expected['gradient']!)) < 1e-6);
    assert.ok(Math.abs(numbersOf(outputs['probabilities']!).reduce((sum, value) => sum + value, 0) - 1) < 1e-5);
  });

  it('of several outputs the one for the loss must be named, and can be', async () => {
    assert.match((await refusal({ features: true })).message, /several outputs.*"logits".*"features".*--output/);
    const { answer } = await run(writeModel(folder, { features: true }), { output: 'features', loss: 'l2-to-target' });
    assert.equal(answer.inputs[1]!.type, 'float32[batch,5]');
  });

  it('unknown names are refused with those that there are', async () => {
    assert.match((await refusal({}, { wrt: ['pixels'] })).message, /no input "pixels".*"image" float32\[batch,3,2,2\]/);
    assert.match((await refusal({}, { output: 'scores' })).message, /no output "scores".*"logits"/);
  });

  for (const disguise of [
    { output: 'loss' },
    { output: 'gradient' },
    { input: 'label' },
    { input: 'loss' },
    { input: 'gradient' },
    { output: 'label' },
  ] satisfies Disguise[])
    it(`a model with ${JSON.stringify(disguise)} is asked to rename it`, async () => {
      const error = await refusal(disguise, { wrt: ['input' in disguise ? disguise.input : 'image'] });
      assert.match(error.message, /"(loss|gradient|label)".*[Rr]ename/);
    });

  for (const inner of ['label', 'loss', 'gradient'])
    it(`a value inside the model named ${inner} takes no name from the inputs and outputs of the file`, async () => {
      const { answer, path } = await run(writeModel(folder, { inner }));
      const names = (ports: Answer['inputs']) => ports.map(({ name }) => name);
      assert.deepEqual(
        [names(answer.inputs), names(answer.outputs)],
        [
          ['image', 'label'],
          ['loss', 'logits', 'gradient'],
        ],
      );
      const outputs = await compute(path, { image: floats(new Float32Array(PIXELS).fill(0.3), [1, 3, 2, 2]), label: integers([2]) });
      assert.deepEqual(outputs['gradient']!.shape, [1, 3, 2, 2]);
    });

  it('an operator that blocks the gradient is named with its node, and taken for a copy of its input where that is asked', async () => {
    const error = await refusal({ rounded: true });
    assert.equal(error.code, 'unsupported');
    assert.match(error.message, /Round "quantise".*--straight-through Round/);
    const image = floats(
      Float32Array.from({ length: PIXELS }, (_, i) => i - 4),
      [1, 3, 2, 2],
    );
    const feeds = { image, label: integers([2]) };
    const plain = await compute((await run(writeModel(folder))).path, feeds);
    const { path } = await run(writeModel(folder, { rounded: true }), { straightThrough: ['Round'], force: true });
    assert.deepEqual(numbersOf((await compute(path, feeds))['gradient']!), numbersOf(plain['gradient']!));
  });

  it('by an input and an initializer there is an output each', async () => {
    const { answer } = await run(writeModel(folder), { wrt: ['image', 'weights'], loss: 'margin' });
    assert.deepEqual(answer.outputs.slice(2), [
      { name: 'gradient_image', type: 'float32[batch,3,2,2]' },
      { name: 'gradient_weights', type: 'float32[12,5]' },
    ]);
  });

  it('a file that is there is kept without --force', async () => {
    const model = writeModel(folder);
    writeFileSync(join(folder, 'kept.onnx'), 'mine');
    await assert.rejects(run(model, { out: 'kept.onnx' }), /already there.*--force/);
    assert.equal(readFileSync(join(folder, 'kept.onnx'), 'utf8'), 'mine');
  });

  it('a model that is missing or cut in half is told apart', async () => {
    await assert.rejects(run('none.onnx'), (error: RobencError) => error.code === 'not-found');
    const bytes = readFileSync(writeModel(folder));
    writeFileSync(join(folder, 'half.onnx'), bytes.subarray(0, bytes.length / 2));
    await assert.rejects(run('half.onnx'), (error: RobencError) => error.code === 'bad-file');
  });
});

/** Relative Euclidean distance. */
function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  assert.equal(actual.length, expected.length);
  const length = (values: number[]) => Math.hypot(...values);
  return length(Array.from(expected, (value, i) => value - actual[i]!)) / length(Array.from(expected));
}
