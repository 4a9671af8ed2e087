/** @file Starting, filling up, losing clients and stopping. */
import assert from 'node:assert/strict';
import { readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { RobencError } from '@robenc/shared/errors.js';
import { encodePng } from '@robenc/shared/images/decode.js';
import { writePackage } from '@robenc/shared/package/write.js';
import { DEFAULT_LIMITS } from '@robenc/serve/limits.js';
import { startServer } from '@robenc/serve/server.js';
import { until } from '../until.js';
import { modelsFolder, writeFixture } from './package-fixture.js';
import { get, LONG_CHECK, longCheck, png, post, serveFolder, type TestServer } from './server-fixture.js';

const refusal = (code: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof RobencError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, message);
  return true;
};

describe('server life', () => {
  const folder = modelsFolder();
  const servers: TestServer[] = [];
  const serve = async (...options: Parameters<typeof serveFolder>) => {
    const server = await serveFolder(...options);
    servers.push(server);
    return server;
  };
  let image: string;
  before(async () => {
    writeFixture(folder.path, { aggregate: false });
    image = (await png(1)).toString('base64');
  });
  afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));
  after(() => folder.remove());

  it('a model file cut in half stops the start and is named', async () => {
    const broken = modelsFolder();
    try {
      const { folder: home } = writeFixture(broken.path);
      const path = join(home, 'gradient.onnx');
      truncateSync(path, readFileSync(path).length >> 1);
      await assert.rejects(serveFolder(broken.path), refusal('bad-file', /gradient\.onnx has \d+ bytes, but its manifest says/));
    } finally {
      broken.remove();
    }
  });

  it('a package whose digests fit but whose graphs do not stops the start and is named', async () => {
    const broken = modelsFolder();
    try {
      const { manifest, folder: home } = writeFixture(broken.path);
      const graph = (file: string) => new Uint8Array(readFileSync(join(home, file)));
      const files = { encoder: graph('encoder.onnx'), classifier: graph('classifier.onnx'), gradient: graph('gradient.onnx') };
      writePackage(broken.path, { name: 'swapped', version: '1', manifest, files: { ...files, classifier: files.encoder } });
      await assert.rejects(
        serveFolder(broken.path, { references: ['swapped'] }),
        refusal('bad-file', /classifier\.onnx has no output "logits"\. It has: embedding/),
      );
      writePackage(broken.path, { name: 'classes', version: '1', manifest: { ...manifest, classes: ['a', 'b'] }, files });
      await assert.rejects(serveFolder(broken.path, { references: ['classes'] }), refusal('bad-file', /answers 5 logits.*2 classes/));
      writePackage(broken.path, { name: 'noise', version: '1', manifest, files: { ...files, encoder: new Uint8Array(500).fill(7) } });
      await assert.rejects(serveFolder(broken.path, { references: ['noise'] }), refusal('bad-file', /encoder\.onnx/));
    } finally {
      broken.remove();
    }
  });

  it('an empty models folder and an unknown model stop the start', async () => {
    const empty = modelsFolder();
    try {
      await assert.rejects(serveFolder(empty.path), refusal('not-found', /no model package.*--models/));
      await assert.rejects(serveFolder(folder.path, { references: ['tiny@9'] }), refusal('not-found', /No version "9"/));
    } finally {
      empty.remove();
    }
  });

  it('a port in use is an error that names it and what to do', async () => {
    const { engine, port } = await serve(folder.path);
    const again = startServer({ engine, limits: DEFAULT_LIMITS, host: '127.0.0.1', port, log: pino({ level: 'silent' }), now: () => 0 });
    await assert.rejects(again, refusal('io', new RegExp(`port ${port} on 127\\.0\\.0\\.1 is in use.*--port`)));
  });

  it('a full house answers 429 with the time to come back before it reads the body, stays alive and ready, and recovers', async () => {
    const server = await serve(folder.path, { limits: { queueLimit: 1 } });
    const abort = new AbortController();
    const long = fetch(`${server.url}/v1/robustness`, {
      method: 'POST',
      body: JSON.stringify({ image, ...LONG_CHECK }),
      headers: { 'content-type': 'application/json' },
      signal: abort.signal,
    });
    const gone = assert.rejects(long, /abort/i);
    let refused = await post<{ error: { code: string } }>(`${server.url}/v1/embed`, { image });
    for (let i = 0; i < 100 && refused.status !== 429; i++) refused = await post(`${server.url}/v1/embed`, { image });
    assert.deepEqual([refused.status, refused.body.error.code], [429, 'overloaded']);
    assert.match(refused.headers.get('retry-after')!, /^[1-9]\d*$/);
    // Text is no JSON, but nobody looked at it.
    assert.equal((await post(`${server.url}/v1/embed`, 'text', { 'content-type': 'application/json' })).status, 429);
    assert.equal((await get(`${server.url}/healthz`)).status, 200);
    assert.equal((await get(`${server.url}/readyz`)).status, 200);
    abort.abort();
    await gone;
    await until(() => server.logs.some((line) => line['route'] === '/v1/robustness' && line['status'] === 499), 'the log of the client that left');
    for (let i = 0; i < 100 && refused.status === 429; i++) refused = await post(`${server.url}/v1/embed`, { image });
    assert.equal(refused.status, 200);
  });

  it('work of clients that left is dropped, and nothing is left in the house', async () => {
    const server = await serve(folder.path);
    const aborts = Array.from({ length: 20 }, () => new AbortController());
    const all = aborts.map(({ signal }) =>
      fetch(`${server.url}/v1/robustness`, {
        method: 'POST',
        body: JSON.stringify({ image, ...LONG_CHECK }),
        headers: { 'content-type': 'application/json' },
        signal,
      }).catch(() => null),
    );
    await until(() => server.engine.dispatcher.waitingRows > 0, 'queued work');
    for (const abort of aborts) abort.abort();
    await Promise.all(all);
    await until(() => server.engine.dispatcher.waitingRows === 0 && server.logs.filter((line) => line['status'] === 499).length === 20, 'an empty queue');
    assert.equal((await post(`${server.url}/v1/embed`, { image })).status, 200);
  });

  it('while a huge photograph is decoded and resized, other requests are answered', async () => {
    const server = await serve(folder.path);
    const photograph = Buffer.from(await encodePng({ width: 5000, height: 4000, data: new Uint8Array(5000 * 4000 * 3) }));
    const order: string[] = [];
    const slow = post(`${server.url}/v1/embed`, photograph, { 'content-type': 'image/png' }).then(({ status }) => order.push(`photograph ${status}`));
    // The upload comes first, then the thread works; by then this is answered many times over.
    const quick = (async () => {
      for (let i = 0; i < 5; i++) order.push(`healthz ${(await get(`${server.url}/healthz`)).status}`);
    })();
    await Promise.all([slow, quick]);
    assert.deepEqual(order, [...Array<string>(5).fill('healthz 200'), 'photograph 200']);
  });

  it('stopping: readiness goes first, work in hand is answered, then the port is free', async () => {
    const server = await serve(folder.path);
    const images = Array<string>(16).fill(image);
    // It cannot be over before the stop: the first of its gradients is held back until then.
    const gradient = server.engine.models.get(undefined).graphs.gradient!;
    const honest = gradient.run.bind(gradient);
    let open = () => {};
    const gate = new Promise<void>((resolve) => (open = resolve));
    gradient.run = async (feeds) => (await gate, honest(feeds));
    const answer = post(`${server.url}/v1/robustness`, { images, epsilon: 0.01, steps: 2 });
    await until(() => server.engine.dispatcher.runningBatches > 0, 'work in hand');
    const stopped = server.stop({ drainMs: 100_000 });
    await assert.rejects(fetch(`${server.url}/healthz`));
    open();
    const { status, headers } = await answer;
    assert.equal(status, 200);
    assert.equal(headers.get('connection'), 'close');
    assert.equal(await stopped, true);
  });

  it('stopping with work that takes longer than the drain time cuts it and says so', async () => {
    const server = await serve(folder.path);
    const answer = post(`${server.url}/v1/robustness`, longCheck(image)).then(
      () => 'answered',
      () => 'cut',
    );
    await until(() => server.engine.dispatcher.runningBatches > 0, 'work in hand');
    assert.equal(await server.stop({ drainMs: 100 }), false);
    assert.equal(await answer, 'cut');
  });

  it('stopping with a delay: not ready at once, but alive and still at work until the delay is over', async () => {
    const server = await serve(folder.path);
    const stopped = server.stop({ delayMs: 10_000, drainMs: 100_000 });
    assert.equal((await get(`${server.url}/readyz`)).status, 503);
    assert.deepEqual(
      server.logs.filter(({ err }) => err !== undefined),
      [],
    );
    assert.equal((await get(`${server.url}/healthz`)).status, 200);
    const { status, headers } = await post(`${server.url}/v1/embed`, { image });
    assert.deepEqual([status, headers.get('connection')], [200, 'close']);
    assert.equal(await stopped, true);
    await assert.rejects(fetch(`${server.url}/healthz`));
  });
});
