/** @file `robenc embed` and `robenc classify`: the same answers as the server's, in every format. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readOptions } from '@robenc/shared/config/command-options.js';
import type { Command } from '@robenc/shared/config/command.js';
import { RobencError } from '@robenc/shared/errors.js';
import classify from '@robenc/serve/commands/classify.js';
import embed from '@robenc/serve/commands/embed.js';
import { memoryContext, type MemoryContext } from '../../context.js';
import { CLASSES, EMBEDDING_SIZE, modelsFolder, writeFixture } from '../package-fixture.js';
import { png, post, serveFolder } from '../server-fixture.js';

interface Outcome {
  readonly exitCode: number;
  readonly context: MemoryContext;
}

describe('batch commands', () => {
  const folder = modelsFolder();
  let photos: string;
  let served: { embeddings: number[][]; classes: { index: number; label: string; probability: number }[]; aggregate: { index: number; probability: number }[] };
  const names = ['photos/a.png', 'photos/b.png', 'photos/sub/c.png'];

  before(async () => {
    writeFixture(folder.path);
    photos = join(folder.path, 'photos');
    mkdirSync(join(photos, 'sub'), { recursive: true });
    mkdirSync(join(photos, '.hidden'));
    const files = await Promise.all([png(1, 30, 20), png(2), png(3, 50, 60)]);
    files.forEach((file, i) => writeFileSync(join(folder.path, names[i]!), file));
    writeFileSync(join(photos, '.hidden', 'd.png'), files[0]);
    writeFileSync(join(photos, 'notes.txt'), 'no image');
    const server = await serveFolder(folder.path);
    try {
      const images = files.map((file) => file.toString('base64'));
      const whole = await post<{ results: { prediction: (typeof served)['classes'][number] }[] }>(`${server.url}/v1/classify`, { images });
      const crops = await post<{ results: { prediction: (typeof served)['classes'][number] }[] }>(`${server.url}/v1/classify`, { images, crops: 6, seed: 3 });
      const embedded = await post<{ embeddings: number[][] }>(`${server.url}/v1/embed`, { images });
      served = {
        embeddings: embedded.body.embeddings,
        classes: whole.body.results.map(({ prediction }) => prediction),
        aggregate: crops.body.results.map(({ prediction: { index, probability } }) => ({ index, probability })),
      };
    } finally {
      await server.close();
    }
  });
  after(() => folder.remove());

  async function run(command: Command, raw: Record<string, unknown>, options: { json?: boolean; signal?: AbortSignal } = {}): Promise<Outcome> {
    const context = memoryContext({ cwd: folder.path, ...options });
    const { model = 'tiny', images = ['photos'], ...flags } = raw;
    const exitCode = await command.run({ ...readOptions(command, { models: '.', workers: 1, device: 'cpu', batch: 2, ...flags }), model, images }, context);
    return { exitCode, context };
  }
  const refusal = (code: string, message: RegExp) => (error: unknown) => {
    assert.ok(error instanceof RobencError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  };
  const lines = ({ context }: Outcome) => context.lines.map((line) => JSON.parse(line) as Record<string, unknown>);

  it('embeds a folder as JSON lines, in order, equal to the server to the last bit', async () => {
    const outcome = await run(embed, {});
    assert.equal(outcome.exitCode, 0);
    assert.deepEqual(
      lines(outcome),
      names.map((file, i) => ({ file, embedding: served.embeddings[i] })),
    );
  });

  it('classifies files in the order given, equal to the server', async () => {
    const outcome = await run(classify, { images: [names[2], names[0]], top: 2 });
    assert.deepEqual(
      lines(outcome).map(({ file, index, label, probability, top }) => ({ file, index, label, probability, top: (top as unknown[]).length })),
      [2, 0].map((i) => ({ file: names[i], ...served.classes[i], top: 2 })),
    );
  });

  it("crops with a seed are the server's crops", async () => {
    const outcome = await run(classify, { crops: 6, seed: 3 });
    assert.deepEqual(
      lines(outcome).map(({ index, probability }) => ({ index, probability })),
      served.aggregate,
    );
  });

  it('writes CSV with a header, chosen by the ending', async () => {
    const { exitCode, context } = await run(classify, { output: 'out/classes.csv' }, { json: true });
    assert.equal(exitCode, 0);
    const rows = names.map((file, i) => `${file},${served.classes[i]!.index},${served.classes[i]!.label},${served.classes[i]!.probability}`);
    assert.equal(readFileSync(join(folder.path, 'out/classes.csv'), 'utf8'), `file,index,label,probability\n${rows.join('\n')}\n`);
    assert.deepEqual(context.lines, []);
    const { images, failed, format } = context.results[0] as { images: number; failed: number; format: string };
    assert.deepEqual([context.results.length, images, failed, format], [1, 3, 0, 'csv']);
    assert.deepEqual(readdirSync(join(folder.path, 'out')), ['classes.csv']);
  });

  it('writes .npy that holds the float32 embeddings, with the names beside it', async () => {
    await run(embed, { output: 'embeddings.npy' });
    const bytes = readFileSync(join(folder.path, 'embeddings.npy'));
    assert.equal(bytes.subarray(0, 8).toString('latin1'), '\x93NUMPY\x01\x00');
    const length = bytes.readUInt16LE(8);
    assert.equal((10 + length) % 64, 0);
    assert.match(
      bytes.subarray(10, 10 + length).toString('latin1'),
      new RegExp(`^\\{'descr': '<f4', 'fortran_order': False, 'shape': \\(3, ${EMBEDDING_SIZE}\\), \\} *\n$`),
    );
    const data = bytes.subarray(10 + length);
    assert.equal(data.length, 3 * EMBEDDING_SIZE * 4);
    assert.deepEqual(
      Array.from({ length: 3 * EMBEDDING_SIZE }, (_, i) => data.readFloatLE(4 * i)),
      served.embeddings.flat(),
    );
    assert.equal(readFileSync(join(folder.path, 'embeddings.npy.files.txt'), 'utf8'), names.map((name) => `${name}\n`).join(''));
  });

  it('a lone ONNX file does, with classes called by their index', async () => {
    const model = 'tiny/1/classifier.onnx';
    const rows = lines(await run(classify, { model }));
    assert.deepEqual(
      rows.map(({ index, label }) => [index, label]),
      served.classes.map(({ index }) => [index, String(index)]),
    );
    assert.equal(CLASSES[rows[0]!['index'] as number], served.classes[0]!.label);
    assert.deepEqual(
      lines(await run(embed, { model: 'tiny/1/encoder.onnx' })).map(({ embedding }) => embedding),
      served.embeddings,
    );
  });

  it('a corrupt image is named and passed over, and the exit code says so', async () => {
    const broken = join(photos, 'broken.png');
    writeFileSync(broken, await png(9));
    truncateSync(broken, 60);
    const outcome = await run(embed, { images: ['photos/broken.png', 'photos/a.png'] });
    assert.equal(outcome.exitCode, 4);
    assert.deepEqual(
      lines(outcome).map(({ file }) => file),
      ['photos/a.png'],
    );
    assert.match(outcome.context.notes.join('\n'), /photos\/broken\.png: .*\n1 of 2 images/);
    await assert.rejects(run(embed, { images: ['photos/broken.png'], output: 'none.npy' }), refusal('bad-input', /None of the 1 images/));
    assert.equal(existsSync(join(folder.path, 'none.npy')), false);
    assert.deepEqual(
      readdirSync(folder.path).filter((name) => name.endsWith('.tmp')),
      [],
    );
  });

  it('wrong input is answered with the argument or flag at fault', async () => {
    await assert.rejects(run(embed, { images: ['nowhere'] }), refusal('not-found', /There is no file or folder .*nowhere/));
    await assert.rejects(run(embed, { images: ['tiny'] }), refusal('not-found', /tiny has no images/));
    await assert.rejects(run(embed, { model: 'tinny' }), refusal('not-found', /nor is it the name of a model: No model "tinny".*There are: tiny/));
    await assert.rejects(run(embed, { model: 'nowhere/model.onnx' }), refusal('not-found', /There is nothing at .*nowhere\/model\.onnx/));
    await assert.rejects(run(embed, { model: 'photos/notes.txt' }), refusal('bad-file', /notes\.txt/));
    await assert.rejects(run(embed, { format: 'npy' }), refusal('usage', /npy needs a file.*--output/));
    await assert.rejects(run(embed, {}, { json: true }), refusal('usage', /--json.*--output/));
    await assert.rejects(run(classify, { seed: 3 }), refusal('bad-input', /seed is given without crops/));
    await assert.rejects(run(classify, { model: 'tiny/1/classifier.onnx', crops: 3 }), refusal('unsupported', /no patch-aggregate head/));
    await assert.rejects(
      run(classify, { model: 'tiny/1/aggregate-head.onnx' }),
      refusal('unsupported', /one input float32 \[batch,3,height,width\] is needed/),
    );
  });

  it('an output file that is there is kept unless --force is given', async () => {
    writeFileSync(join(folder.path, 'mine.csv'), 'mine');
    await assert.rejects(run(embed, { output: 'mine.csv' }), refusal('usage', /mine\.csv is there already.*--force/));
    assert.equal(readFileSync(join(folder.path, 'mine.csv'), 'utf8'), 'mine');
    await run(embed, { output: 'mine.csv', force: true });
    assert.match(readFileSync(join(folder.path, 'mine.csv'), 'utf8'), /^file,e0,e1,/);
  });

  it('an output folder that cannot be made is an io error that names the file', async () => {
    await assert.rejects(run(embed, { output: 'photos/a.png/x.csv' }), refusal('io', /Could not write .*photos\/a\.png\/x\.csv/));
  });

  it('a stop leaves no output behind', async () => {
    await assert.rejects(run(embed, { output: 'stopped.csv' }, { signal: AbortSignal.abort() }), refusal('cancelled', /Stopped|given up/));
    assert.deepEqual(
      readdirSync(folder.path).filter((name) => name.includes('stopped')),
      [],
    );
  });
});
