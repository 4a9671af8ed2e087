/** @file The Open Inference Protocol: JSON and binary tensors give what our own endpoint gives, and hostile requests are refused. */
import assert from 'node:assert/strict';
import { decodeImage } from '@robenc/shared/images/decode.js';
import { toTensor } from '@robenc/shared/images/image.js';
import { readNpy, writeNpy } from '@robenc/shared/images/npy.js';
import { CLASSES, EMBEDDING_SIZE, modelsFolder, SIDE, writeFixture } from './package-fixture.js';
import { get, png, post, serveFolder, type TestServer } from './server-fixture.js';

interface Infer {
  model_name: string;
  model_version: string;
  id: string;
  outputs: { name: string; shape: number[]; datatype: string; data?: (number | string)[]; parameters?: { binary_data_size: number } }[];
}

describe('Open Inference Protocol', () => {
  const folder = modelsFolder();
  let server: TestServer;
  let file: Buffer;
  let pixels: Float32Array;
  let logits: number[];
  let infer: string;
  before(async () => {
    writeFixture(folder.path);
    server = await serveFolder(folder.path);
    file = await png(1);
    pixels = toTensor([await decodeImage(file)]).data as Float32Array;
    infer = `${server.url}/v2/models/tiny/infer`;
    const { body } = await post<{ results: { logits: number[] }[] }>(`${server.url}/v1/classify`, { image: file.toString('base64'), logits: true });
    logits = body.results[0]!.logits;
  });
  after(async () => {
    await server.close();
    folder.remove();
  });
  const image = () => ({ name: 'image', shape: [1, 3, SIDE, SIDE], datatype: 'FP32', data: Array.from(pixels) });
  const near = (found: ArrayLike<unknown>) =>
    logits.forEach((value, i) => assert.ok(Math.abs(value - Number(found[i])) < 1e-5, `${i}: ${String(found[i])} ${value}`));

  it('says what it is and which inputs and outputs a model has', async () => {
    assert.equal((await get(`${server.url}/v2/health/live`)).status, 200);
    assert.equal((await get(`${server.url}/v2/health/ready`)).status, 200);
    assert.equal((await get(`${server.url}/v2/models/tiny/versions/1/ready`)).status, 200);
    const { body } = await get<{ extensions: string[] }>(`${server.url}/v2`);
    assert.ok(body.extensions.includes('binary_tensor_data'));
    const metadata = (await get<{ inputs: object[]; outputs: object[] }>(`${server.url}/v2/models/tiny`)).body;
    assert.deepEqual(metadata.inputs, [{ name: 'image', datatype: 'FP32', shape: [-1, 3, SIDE, SIDE] }]);
    assert.deepEqual(metadata.outputs, [
      { name: 'embedding', datatype: 'FP32', shape: [-1, EMBEDDING_SIZE] },
      { name: 'logits', datatype: 'FP32', shape: [-1, CLASSES.length] },
    ]);
    assert.deepEqual((await post(`${server.url}/v2/repository/index`, {})).body, [{ name: 'tiny', version: '1', state: 'READY', reason: '' }]);
    for (const body of [{ ready: 'yes' }, { name: 'tiny' }, []])
      assert.equal((await post(`${server.url}/v2/repository/index`, body)).status, 400, JSON.stringify(body));
  });

  it('JSON in and out, flat and nested, all outputs unless some are named; the id comes back', async () => {
    const flat = await post<Infer>(infer, { id: 'seven', inputs: [image()] });
    assert.equal(flat.status, 200, JSON.stringify(flat.body));
    assert.deepEqual([flat.body.id, flat.body.model_version, flat.body.outputs.map(({ name }) => name)], ['seven', '1', ['embedding', 'logits']]);
    near(flat.body.outputs[1]!.data!);
    const rows = Array.from({ length: 3 }, (_, c) =>
      Array.from({ length: SIDE }, (__, y) => Array.from(pixels.subarray((c * SIDE + y) * SIDE, (c * SIDE + y + 1) * SIDE))),
    );
    const nested = await post<Infer>(infer, { inputs: [{ ...image(), data: [rows] }], outputs: [{ name: 'logits' }] });
    assert.deepEqual(
      nested.body.outputs.map(({ name }) => name),
      ['logits'],
    );
    assert.deepEqual(nested.body.outputs[0]!.data, flat.body.outputs[1]!.data);
  });

  it('levels from 0 to 255 as UINT8, in one list or nested, are the same pixels; what is no level is named alike', async () => {
    const levels = Array.from(pixels, (value) => Math.round(value * 255));
    const ask = (data: unknown) => post<Infer & { error: string }>(infer, { inputs: [{ ...image(), datatype: 'UINT8', data }], outputs: [{ name: 'logits' }] });
    for (const data of [levels, [levels]]) near((await ask(data)).body.outputs[0]!.data!);
    for (const wrong of [256, 0.5, -1]) {
      const data = levels.with(7, wrong);
      const errors = [(await ask(data)).body.error, (await ask([data])).body.error];
      assert.deepEqual(errors, Array(2).fill(`Input "image": value 7 is ${wrong}, which is no UINT8.`));
    }
  });

  it('binary in and out, with no Content-Type, as tritonclient sends it; image files as BYTES; and a bare body', async () => {
    const bytes = Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength);
    for (const [shape, datatype, data] of [
      [[1, 3, SIDE, SIDE], 'FP32', bytes],
      [[1], 'BYTES', Buffer.concat([Buffer.from(Uint32Array.of(file.length).buffer), file])],
    ] as const) {
      // Of an odd length, so that the numbers lie at no multiple of four.
      const head = `${JSON.stringify({ inputs: [{ name: 'image', shape, datatype, parameters: { binary_data_size: data.length } }], outputs: [{ name: 'logits', parameters: { binary_data: true } }] })}${' '.repeat(3)}`;
      const response = await fetch(infer, {
        method: 'POST',
        body: Buffer.concat([Buffer.from(head), data]),
        headers: { 'inference-header-content-length': String(head.length) },
      });
      assert.equal(response.status, 200, datatype);
      const answer = Buffer.from(await response.arrayBuffer());
      const length = Number(response.headers.get('inference-header-content-length'));
      const json = JSON.parse(answer.subarray(0, length).toString()) as Infer;
      assert.equal(json.outputs[0]!.parameters!.binary_data_size, 4 * CLASSES.length);
      near(new Float32Array(new Uint8Array(answer.subarray(length)).buffer));
    }
    for (const body of [bytes, file]) {
      const response = await fetch(infer, { method: 'POST', body: new Uint8Array(body), headers: { 'inference-header-content-length': '0' } });
      assert.equal(response.status, 200);
      const answer = Buffer.from(await response.arrayBuffer());
      near(new Float32Array(new Uint8Array(answer.subarray(answer.length - 4 * CLASSES.length)).buffer));
    }
  });

  it('classification gives the best classes as text', async () => {
    const { body } = await post<Infer>(infer, { inputs: [image()], outputs: [{ name: 'logits', parameters: { classification: 2 } }] });
    const best = logits.indexOf(Math.max(...logits));
    assert.deepEqual(body.outputs[0]!.shape, [1, 2]);
    assert.match(String(body.outputs[0]!.data![0]), new RegExp(`:${best}:${CLASSES[best]}$`));
  });

  it('.npy in and out on our own endpoints: the same numbers, float32 and uint8', async () => {
    const bytes = Uint8Array.from(pixels, (value) => Math.round(value * 255));
    const uint8 = Buffer.from(writeNpy([1, 3, SIDE, SIDE], pixels))
      .toString('latin1')
      .replace('<f4', '|u1');
    const header = Buffer.from(uint8.slice(0, 128), 'latin1');
    for (const body of [Buffer.from(writeNpy([1, 3, SIDE, SIDE], pixels)), Buffer.concat([header, bytes])]) {
      const response = await fetch(`${server.url}/v1/classify`, {
        method: 'POST',
        body: new Uint8Array(body),
        headers: { 'content-type': 'application/x-npy', accept: 'application/x-npy' },
      });
      assert.equal(response.status, 200, await response.clone().text());
      const array = readNpy(new Uint8Array(await response.arrayBuffer()));
      assert.deepEqual(array.shape, [1, CLASSES.length]);
      near(array.data);
    }
  });

  const hostile: [string, () => object | string, Record<string, string>?][] = [
    ['a shape whose product overflows', () => ({ inputs: [{ ...image(), shape: [2 ** 60, 16] }] })],
    ['a negative size', () => ({ inputs: [{ ...image(), shape: [-1, 3, SIDE, SIDE] }] })],
    ['fewer values than the shape says', () => ({ inputs: [{ ...image(), data: [1, 2, 3] }] })],
    ['a type that does not exist', () => ({ inputs: [{ ...image(), datatype: 'FP33' }] })],
    ['a type that the input has not', () => ({ inputs: [{ ...image(), datatype: 'INT64' }] })],
    ['FP16 in JSON', () => ({ inputs: [{ ...image(), datatype: 'FP16' }] })],
    ['text among numbers', () => ({ inputs: [{ ...image(), data: Array.from(pixels, (value, i) => (i === 5 ? 'x' : value)) }] })],
    ['null among numbers', () => ({ inputs: [{ ...image(), data: Array.from(pixels, (value, i) => (i === 5 ? null : value)) }] })],
    ['pixels above 1', () => ({ inputs: [{ ...image(), data: Array.from(pixels, () => 1.5) }] })],
    ['another input', () => ({ inputs: [{ ...image(), name: 'x' }] })],
    ['two inputs', () => ({ inputs: [image(), image()] })],
    ['no input', () => ({ inputs: [] })],
    ['an unknown output', () => ({ inputs: [image()], outputs: [{ name: 'x' }] })],
    ['an output twice', () => ({ inputs: [image()], outputs: [{ name: 'logits' }, { name: 'logits' }] })],
    ['a header length above the body', () => ({ inputs: [image()] }), { 'inference-header-content-length': '99999999999' }],
    ['a negative header length', () => ({ inputs: [image()] }), { 'inference-header-content-length': '-5' }],
    ['a header length that is text', () => ({ inputs: [image()] }), { 'inference-header-content-length': 'ten' }],
    ['deep nesting', () => `{"inputs":${'['.repeat(20_000)}${']'.repeat(20_000)}}`],
    ['a bare NaN', () => '{"inputs":[{"name":"image","shape":[1],"datatype":"FP32","data":[NaN]}]}'],
    ['an empty body', () => ''],
  ];
  for (const [what, body, headers = {}] of hostile)
    it(`${what} is refused with 400 and one sentence, and the server lives`, async () => {
      const answer = await post<{ error: string }>(infer, body(), { 'content-type': 'application/json', ...headers });
      assert.equal(answer.status, 400, JSON.stringify(answer.body));
      assert.deepEqual(Object.keys(answer.body), ['error']);
      assert.equal((await get(`${server.url}/v2/health/live`)).status, 200);
    });

  it('unknown models and paths, wrong methods and scopes have the error body of the protocol', async () => {
    for (const [path, status] of [
      ['/v2/models/no%2F..%2Fsuch/infer', 404],
      ['/v2/nothing', 404],
      ['/v2/repository/models/tiny/unload', 403],
    ] as const) {
      const answer = await post<{ error: string }>(`${server.url}${path}`, { inputs: [image()] });
      assert.deepEqual([answer.status, typeof answer.body.error], [status, 'string'], path);
    }
    assert.equal((await get(infer)).status, 405);
  });
});
