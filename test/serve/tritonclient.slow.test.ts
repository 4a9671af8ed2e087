/** @file NVIDIA's tritonclient (Python) against a running server. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '@robenc/shared/math/random.js';
import { linesOf, pythonOf } from '../../bench/peers/python.js';
import { skip } from '../skip.js';
import { CLASSES, EMBEDDING_SIZE, modelsFolder, SIDE, writeFixture } from './package-fixture.js';
import { post, serveFolder, type TestServer } from './server-fixture.js';

interface Line {
  readonly case: string;
  readonly value?: unknown;
  readonly id?: string;
  readonly logits?: number[][];
  readonly embedding?: number[][];
  readonly message?: string;
  readonly status?: string;
}

const IMAGES = 3;

describe('tritonclient', () => {
  const folder = modelsFolder();
  const scratch = mkdtempSync(join(tmpdir(), 'robenc-triton-'));
  let server: TestServer;
  const said = new Map<string, Line>();
  let expected: number[];
  before(async function () {
    this.timeout(120_000);
    const found = pythonOf('serving');
    if ('absent' in found) skip(this, found.absent);
    writeFixture(folder.path);
    server = await serveFolder(folder.path);
    const random = new Random(1, 'pixels');
    const pixels = Float32Array.from({ length: IMAGES * 3 * SIDE * SIDE }, () => random.next());
    const path = join(scratch, 'images.f32');
    writeFileSync(path, new Uint8Array(pixels.buffer));
    for await (const line of linesOf(found.python, 'triton_client.py', [`127.0.0.1:${server.port}`, 'tiny', path, String(SIDE)]))
      said.set((line as Line).case, line as Line);
    const inputs = [{ name: 'image', shape: [IMAGES, 3, SIDE, SIDE], datatype: 'FP32', data: Array.from(pixels) }];
    const { body } = await post<{ outputs: { data: number[] }[] }>(`${server.url}/v2/models/tiny/infer`, { inputs, outputs: [{ name: 'logits' }] });
    expected = body.outputs[0]!.data;
  });
  after(async () => {
    await server?.close();
    folder.remove();
    rmSync(scratch, { recursive: true });
  });

  it('finds the server live and ready, and reads what it and its model are', () => {
    for (const name of ['live', 'ready', 'model ready']) assert.equal(said.get(name)!.value, true, name);
    const { inputs, outputs } = said.get('metadata')!.value as { inputs: { name: string }[]; outputs: { name: string }[] };
    assert.deepEqual([inputs[0]!.name, outputs.map(({ name }) => name)], ['image', ['embedding', 'logits']]);
    assert.ok((said.get('server')!.value as { extensions: string[] }).extensions.includes('binary_tensor_data'));
    assert.deepEqual(said.get('index')!.value, [{ name: 'tiny', version: '1', state: 'READY', reason: '' }]);
  });

  for (const name of ['binary in, binary out', 'binary in, JSON out', 'JSON in, binary out', 'JSON in, JSON out'])
    it(`${name}: the id comes back, with the numbers that the server gives by itself`, () => {
      const { id, logits, embedding } = said.get(name)!;
      assert.equal(id, '7');
      assert.deepEqual([embedding!.length, embedding![0]!.length], [IMAGES, EMBEDDING_SIZE]);
      assert.deepEqual(logits!.flat(), expected);
    });

  it('compressed bodies, classes as text, and an error with its message', () => {
    for (const algorithm of ['gzip', 'deflate']) assert.deepEqual(said.get(algorithm)!.logits!.flat(), expected);
    const best = said.get('classification')!.value as string[][];
    assert.equal(best.length, IMAGES);
    for (const [text] of best)
      assert.ok(
        CLASSES.some((label) => text!.endsWith(`:${label}`)),
        text,
      );
    const { message, status } = said.get('unknown model')!;
    assert.match(message!, /No model "nobody"/);
    assert.equal(status, '404');
  });
});
