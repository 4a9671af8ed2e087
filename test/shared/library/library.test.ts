/** @file The library as the documentation shows it. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { differentiate, floats, integers, valueAndGradient } from '@robenc/shared/library/robenc.js';
import { numbersOf } from '@robenc/shared/graph/value.js';
import { run } from '../graph/import.js';
import { writeModel } from '../commands/models.js';
import { examples, runExample } from './examples.js';

const source = fileURLToPath(new URL('../../../shared/library/robenc.ts', import.meta.url));
const tsx = import.meta.resolve('tsx');

describe('the library', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'robenc-library-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('has an example for each of its functions', () => assert.deepEqual(Object.keys(examples), ['differentiate', 'valueAndGradient']));

  for (const name of Object.keys(examples)) it(`the example of ${name} prints what it says`, () => runExample(name, folder, source, ['--import', tsx]));

  it('a path and its bytes give the same file, and evaluating it is running the file', async () => {
    const path = writeModel(folder);
    const { bytes, gradients } = differentiate(path, { loss: 'dlr' });
    assert.deepEqual(gradients, { image: 'gradient' });
    const feeds = { image: floats(new Float32Array(12).fill(0.2), [1, 3, 2, 2]), label: integers([1]) };
    const expected = await run(bytes, feeds);
    const model = await valueAndGradient(path, { loss: 'dlr', threads: 1 });
    try {
      const { loss, gradients, outputs } = await model.evaluate(feeds);
      assert.deepEqual(numbersOf(gradients['image']!), numbersOf(expected['gradient']!));
      assert.deepEqual(numbersOf(loss), numbersOf(expected['loss']!));
      assert.deepEqual(Object.keys(outputs), ['logits']);
      await assert.rejects(model.evaluate({ image: feeds.image }), { name: 'RobencError', message: /label/ });
    } finally {
      await model.close();
    }
    await assert.rejects(model.evaluate(feeds), { name: 'RobencError' });
  });

  it('gradients are found by the name that was asked for, and by that of the model', async () => {
    const model = await valueAndGradient(writeModel(folder, { input: 'pixels' }), { wrt: 'image', threads: 1 });
    try {
      const { gradients } = await model.evaluate({ pixels: floats(new Float32Array(12).fill(0.2), [1, 3, 2, 2]), label: integers([1]) });
      assert.deepEqual(Object.keys(gradients).sort(), ['image', 'pixels']);
      assert.equal(gradients['image'], gradients['pixels']);
    } finally {
      await model.close();
    }
  });

  it('mistakes are told by name', async () => {
    const path = writeModel(folder);
    const refused = (options: object, pattern: RegExp): void => assert.throws(() => differentiate(path, options), { code: 'usage', message: pattern });
    refused({ los: 'margin' }, /options.*los/);
    refused({ wrt: 3 }, /options.*wrt/);
    refused({ straightThrough: 'relu' }, /Is Relu meant/);
    assert.throws(() => differentiate(undefined as never), { code: 'usage', message: /path of an ONNX file, or its bytes.*got undefined/ });
    await assert.rejects(valueAndGradient(path, { threads: -1.5 }), { code: 'usage', message: /options.*threads/ });
    const bytes = readFileSync(path);
    assert.deepEqual(differentiate(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)).gradients, { image: 'gradient' });
    const model = await valueAndGradient(path, { threads: 1 });
    try {
      const image = floats(new Float32Array(12), [1, 3, 2, 2]);
      await assert.rejects(model.evaluate(undefined as never), { code: 'bad-input', message: /fed by name: \{ image, label \}/ });
      await assert.rejects(model.evaluate({ image, label: 1 as never }), {
        code: 'bad-input',
        message: /label: expected a tensor \{ dtype, shape, data \}.*got 1/,
      });
      await assert.rejects(model.evaluate({ image: image.data as never, label: integers([1]) }), { code: 'bad-input', message: /image: .*got a Float32Array/ });
    } finally {
      await model.close();
    }
  });

  it('a node in the way is named before anything runs', async () => {
    const path = writeModel(folder, { rounded: true });
    await assert.rejects(valueAndGradient(path), { code: 'unsupported', message: /Round "quantise"/ });
    await (await valueAndGradient(path, { straightThrough: ['Round'], threads: 1 })).close();
  });
});
