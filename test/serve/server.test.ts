/** @file The server over real HTTP with a real package: answers are right, however the image is sent. */
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { decodeImage } from '@robenc/shared/images/decode.js';
import { fitImage, type SizePolicy } from '@robenc/shared/images/fit.js';
import { toTensor } from '@robenc/shared/images/image.js';
import { softmaxRow } from '@robenc/shared/math/logits.js';
import { openPackage } from '@robenc/shared/package/open.js';
import { openWorkerSession } from '@robenc/shared/runtime/worker-session.js';
import { CLASSES, EMBEDDING_SIZE, modelsFolder, SIDE, writeFixture } from './package-fixture.js';
import { get, png, post, serveFolder, type TestServer } from './server-fixture.js';

interface Embedded {
  model: { name: string; version: string; digest: string };
  requestId: string;
  size: number;
  embeddings: number[][];
  images: { width: number; height: number }[];
}
interface Classified {
  model: { name: string; version: string; digest: string };
  head: string;
  crops: { count: number; scheme: string; seed: number } | null;
  results: {
    image: { width: number; height: number };
    prediction: { index: number; label: string; probability: number };
    top: { index: number; label: string; probability: number }[];
    logits?: number[];
  }[];
}

describe('server', () => {
  const folder = modelsFolder();
  let server: TestServer;
  before(async () => {
    writeFixture(folder.path, { name: 'tiny' });
    writeFixture(folder.path, { name: 'tiny', seed: 2 });
    writeFixture(folder.path, { name: 'other', seed: 3, aggregate: false });
    server = await serveFolder(folder.path, { references: ['tiny@2', 'tiny@1', 'other'] });
  });
  after(async () => {
    await server.close();
    folder.remove();
  });

  /** What ONNX Runtime itself answers for an image file. */
  async function direct(
    reference: string,
    role: 'encoder' | 'classifier',
    file: Buffer,
    policy: SizePolicy = { height: SIDE, width: SIDE, fit: 'cover' },
  ): Promise<number[]> {
    const opened = await openPackage(folder.path, reference);
    const session = await openWorkerSession(opened.path(role)!, { threads: 1 });
    try {
      const answers = await session.run({ image: toTensor([fitImage(await decodeImage(file), policy)]) });
      return Array.from(answers[role === 'encoder' ? 'embedding' : 'logits']!.data as Float32Array);
    } finally {
      await session.close();
    }
  }

  it('is alive and ready, and lists every served model with its contract', async () => {
    assert.deepEqual((await get(`${server.url}/healthz`)).body, { status: 'alive' });
    const { body: ready } = await get<{ status: string; models: string[] }>(`${server.url}/readyz`);
    assert.deepEqual([ready.status, ready.models], ['ready', ['tiny@2', 'tiny@1', 'other@1']]);
    const { body } = await get<{ object: string; data: { id: string; latest: boolean; digest: string; classes: string[]; embeddingSize: number }[] }>(
      `${server.url}/v1/models`,
    );
    assert.equal(body.object, 'list');
    assert.deepEqual(
      body.data.map(({ id, latest }) => [id, latest]),
      [
        ['tiny@2', true],
        ['tiny@1', false],
        ['other@1', true],
      ],
    );
    assert.equal(body.data[0]!.digest, (await openPackage(folder.path, 'tiny@2')).digest);
    assert.deepEqual([body.data[0]!.classes, body.data[0]!.embeddingSize], [[...CLASSES], EMBEDDING_SIZE]);
  });

  it('embeds an image as ONNX Runtime does on the same pixels, and says which model did', async () => {
    const file = await png(1);
    const { status, body, headers } = await post<Embedded>(
      `${server.url}/v1/embed`,
      { model: 'tiny', image: file.toString('base64') },
      { 'x-request-id': 'my-id.1' },
    );
    assert.equal(status, 200);
    assert.deepEqual(body.embeddings, [await direct('tiny@2', 'encoder', file)]);
    assert.deepEqual([body.size, body.images], [EMBEDDING_SIZE, [{ width: 16, height: 16 }]]);
    assert.deepEqual(body.model, { name: 'tiny', version: '2', digest: (await openPackage(folder.path, 'tiny')).digest });
    assert.deepEqual([body.requestId, headers.get('x-request-id')], ['my-id.1', 'my-id.1']);
  });

  it('every answer, good or bad, has the headers that browsers go by, and its id', async () => {
    const image = (await png(1)).toString('base64');
    const answers = [
      await post(`${server.url}/v1/embed`, { model: 'tiny', image }),
      await post(`${server.url}/v1/embed`, { model: 'nobody', image }),
      await post(`${server.url}/v1/embed?model=tiny`, 'x'.repeat(20 * 1024 * 1024), { 'content-type': 'image/png' }),
      await get(`${server.url}/healthz`),
      await get(`${server.url}/nowhere`),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 404, 413, 200, 404],
    );
    for (const { headers } of answers) {
      assert.match(headers.get('content-security-policy') ?? '', /default-src 'self'/);
      assert.deepEqual(
        ['x-content-type-options', 'x-frame-options', 'cache-control', 'x-powered-by'].map((name) => headers.get(name)),
        ['nosniff', 'SAMEORIGIN', 'no-store', null],
      );
      assert.match(headers.get('x-request-id') ?? '', /^[\da-f-]{36}$/);
    }
  });

  it('a photograph of another size is fitted by the size policy of the manifest', async () => {
    const file = await png(2, 90, 50);
    const { body } = await post<Classified>(`${server.url}/v1/classify`, { model: 'tiny@1', image: file.toString('base64'), logits: true });
    assert.deepEqual(body.results[0]!.image, { width: 90, height: 50 });
    assert.deepEqual(body.results[0]!.logits, await direct('tiny@1', 'classifier', file));
  });

  it('JSON, data URI, raw bytes, octet stream, form, gzip and a list give the same answer', async () => {
    const file = await png(3, 40, 30);
    const base64 = file.toString('base64');
    const url = `${server.url}/v1/classify`;
    const form = new FormData();
    form.append('image', new Blob([file], { type: 'image/png' }), 'photo.png');
    form.append('model', 'tiny@1');
    form.append('top', '5');
    const json = gzipSync(JSON.stringify({ model: 'tiny@1', image: base64 }));
    const answers = await Promise.all([
      post<Classified>(url, { model: 'tiny@1', image: base64 }),
      post<Classified>(url, { model: 'tiny@1', image: `data:image/png;base64,${base64}` }),
      post<Classified>(url, { model: 'tiny@1', image: base64.replaceAll(/.{76}/g, '$&\n').replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '') }),
      post<Classified>(url, { model: 'tiny@1', images: [base64] }),
      post<Classified>(`${url}?model=tiny@1`, file, { 'content-type': 'image/png' }),
      post<Classified>(`${url}?model=tiny%401&top=5`, file, { 'content-type': 'application/octet-stream' }),
      post<Classified>(url, form),
      post<Classified>(url, json, { 'content-type': 'application/json', 'content-encoding': 'gzip' }),
    ]);
    for (const { status, body } of answers) {
      assert.equal(status, 200, JSON.stringify(body));
      assert.deepEqual(body.results, answers[0].body.results);
    }
    assert.equal(answers[0].body.results[0]!.top.length, CLASSES.length);
  });

  it('probabilities are the softmax of the logits, best class first', async () => {
    const { body } = await post<Classified>(`${server.url}/v1/classify`, { model: 'tiny', image: (await png(4)).toString('base64'), logits: true, top: 3 });
    const { logits, top, prediction } = body.results[0]!;
    const probabilities = softmaxRow(logits!, CLASSES.length, 0);
    const order = [...probabilities.keys()].sort((a, b) => probabilities[b]! - probabilities[a]!).slice(0, 3);
    assert.deepEqual(
      top,
      order.map((index) => ({ index, label: CLASSES[index]!, probability: probabilities[index]! })),
    );
    assert.deepEqual(prediction, top[0]);
  });

  it('an image gets bit-identical answers alone, in a list and among concurrent requests', async () => {
    const files = await Promise.all(Array.from({ length: 21 }, (_, i) => png(100 + i)));
    const images = files.map((file) => file.toString('base64'));
    const url = `${server.url}/v1/embed`;
    const together = (await post<Embedded>(url, { model: 'tiny@1', images })).body.embeddings;
    const alone = await Promise.all(images.map(async (image) => (await post<Embedded>(url, { model: 'tiny@1', image })).body.embeddings[0]!));
    assert.deepEqual(together, alone);
    assert.deepEqual(together[5], await direct('tiny@1', 'encoder', files[5]!));
  });

  it('normalised embeddings have length 1, and base64 carries the very same float32 numbers', async () => {
    const image = (await png(5)).toString('base64');
    const url = `${server.url}/v1/embed`;
    const plain = (await post<Embedded>(url, { model: 'tiny', image, normalize: true })).body.embeddings[0]!;
    assert.ok(Math.abs(Math.hypot(...plain) - 1) < 1e-6);
    const packed = (await post<{ embeddings: string[] }>(url, { model: 'tiny', image, normalize: true, encoding: 'base64' })).body.embeddings[0]!;
    const bytes = Buffer.from(packed, 'base64');
    assert.deepEqual(
      Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i)),
      plain,
    );
  });

  it('patch-aggregate: the same seed gives the same answer, another seed or scheme another, and many crops fill batches', async () => {
    const image = (await png(6)).toString('base64');
    const ask = async (options: object) =>
      (await post<Classified>(`${server.url}/v1/classify`, { model: 'tiny', image, crops: 40, logits: true, ...options })).body;
    const first = await ask({ seed: 7 });
    assert.deepEqual([first.head, first.crops], ['aggregate', { count: 40, scheme: 'patches', seed: 7 }]);
    assert.deepEqual((await ask({ seed: 7 })).results, first.results);
    assert.notDeepEqual((await ask({ seed: 8 })).results[0]!.logits, first.results[0]!.logits);
    assert.notDeepEqual((await ask({ seed: 7, scheme: 'crops' })).results[0]!.logits, first.results[0]!.logits);
    const pair = await post<Classified>(`${server.url}/v1/classify`, {
      model: 'tiny',
      images: [(await png(7)).toString('base64'), image],
      crops: 40,
      seed: 7,
      logits: true,
    });
    assert.deepEqual(pair.body.results[1], first.results[0]);
  });

  it('logs one line per request with its id, route, status and model, and no payload', async () => {
    const image = (await png(8)).toString('base64');
    await post(`${server.url}/v1/embed`, { model: 'tiny', image }, { 'x-request-id': 'log-me' });
    const line = server.logs.find((entry) => entry['requestId'] === 'log-me')!;
    assert.deepEqual([line['method'], line['route'], line['status'], line['model'], line['images']], ['POST', '/v1/embed', 200, 'tiny@2', 1]);
    assert.ok(!JSON.stringify(server.logs).includes(image.slice(0, 40)));
  });

  it('a request id that could break a log line is replaced', async () => {
    const { headers } = await get(`${server.url}/healthz`, { headers: { 'x-request-id': 'a b"c' } });
    assert.match(headers.get('x-request-id')!, /^[0-9a-f-]{36}$/);
  });

  it('answers carry no sign of the framework, are never cached, and HEAD works', async () => {
    const response = await fetch(`${server.url}/healthz`, { method: 'HEAD' });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('x-powered-by'), null);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
  });
});
