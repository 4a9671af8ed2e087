/** @file The client of the HTTP interface against a running server: its types, its patience, its errors. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { Keyring } from '@robenc/serve/access/keyring.js';
import { Audits } from '@robenc/serve/auditing/audits.js';
import { ApiFailure, RobencClient } from '@robenc/serve/client/client.js';
import { readEvents } from '@robenc/serve/client/events.js';
import { CLASSES, EMBEDDING_SIZE, modelsFolder, writeFixture } from './package-fixture.js';
import { png, serveFolder, type TestServer } from './server-fixture.js';

const KEY = 'client-key-0123456789';

describe('the client', () => {
  const folder = modelsFolder();
  const scratch = mkdtempSync(join(tmpdir(), 'robenc-client-'));
  let server: TestServer;
  let audits: Audits;
  let client: RobencClient;
  before(async () => {
    writeFixture(folder.path);
    for (const [label, name] of CLASSES.entries()) {
      mkdirSync(join(scratch, 'data', 'photos', name), { recursive: true });
      writeFileSync(join(scratch, 'data', 'photos', name, 'one.png'), await png(label));
    }
    writeFileSync(join(scratch, 'keys.json'), JSON.stringify({ keys: [{ name: 'client', key: KEY, scopes: ['infer', 'audit'] }] }));
    audits = new Audits({
      folder: join(scratch, 'audits'),
      dataFolder: join(scratch, 'data'),
      modelsFolder: folder.path,
      ...{ running: 1, waiting: 4, workers: 1, device: 'cpu', log: pino({ level: 'silent' }) },
    });
    server = await serveFolder(folder.path, { limits: { queueLimit: 4 }, server: { audits, keys: new Keyring(join(scratch, 'keys.json')) } });
    client = new RobencClient({ baseUrl: `${server.url}/`, apiKey: KEY });
  });
  after(async () => {
    await audits.close();
    await server.close();
    folder.remove();
    rmSync(scratch, { recursive: true });
  });

  it('embeds, classifies, compares and checks images, given as bytes, Blob or base64', async () => {
    const bytes = await png(1);
    const { embeddings, size } = await client.embed([bytes, new Blob([new Uint8Array(bytes)]), bytes.toString('base64'), new Uint8Array(bytes).buffer]);
    assert.equal(size, EMBEDDING_SIZE);
    for (const embedding of embeddings) assert.deepEqual(embedding, embeddings[0]);
    const { results, model } = await client.classify(bytes, { top: 2 });
    assert.deepEqual([results.length, results[0]!.top.length, model.name], [1, 2, 'tiny']);
    const { similarities } = await client.similarity([bytes, await png(2)]);
    assert.equal(similarities[0]![0], 1);
    const checked = await client.robustness(bytes, { epsilon: '8/255', steps: 5 });
    assert.match(checked.results[0]!.verdict, /^(not robust|not proven robust)$/);
    assert.deepEqual(
      (await client.models()).data.map(({ id }) => id),
      ['tiny@1'],
    );
  });

  it('calls any path of the interface, answers other types as the response itself, and takes a path apart', async () => {
    assert.equal((await client.call('get', '/readyz')).status, 'ready');
    const metrics = await client.call('get', '/metrics');
    assert.match(await metrics.text(), /^robenc_requests_received_total /m);
    const failure = await failed(client.call('get', '/v1/audits/{audit}', { path: { audit: 'no/such?audit' } }));
    assert.deepEqual([failure.status, failure.code, failure.field], [404, 'not_found', 'audit']);
    assert.match(failure.message, /"no\/such\?audit"/);
  });

  it('an error tells status, code, field, remedy and request id, and is not sent again', async () => {
    const failure = await failed(client.embed(await png(1), { model: 'tinny' }));
    assert.deepEqual([failure.status, failure.code, failure.field], [404, 'model_not_found', 'model']);
    assert.ok(failure.requestId !== null && failure.retryAfterMs === null);
    assert.equal(server.logs.filter((line) => line['requestId'] === failure.requestId).length, 1);
    assert.match((await failed(client.call('get', '/v1/audits/{audit}', { path: { audit: 'x' } }))).remedy ?? '', /GET \/v1\/audits/);
    const stranger = new RobencClient({ baseUrl: server.url, apiKey: 'another-key-0123456789' });
    assert.equal((await failed(stranger.models())).status, 401);
  });

  it('many more requests than the server holds all get their answer, because the client comes again when it is told to', async () => {
    const refusedBefore = refusals();
    const image = await png(3);
    const patient = new RobencClient({ baseUrl: server.url, apiKey: KEY, retries: 200 });
    const answers = await Promise.all(Array.from({ length: 40 }, () => patient.robustness(image, { epsilon: 1e-6, steps: 20 })));
    assert.equal(answers.length, 40);
    assert.ok(refusals() > refusedBefore, 'the server refused none; the test needs some');
    const hasty = new RobencClient({ baseUrl: server.url, apiKey: KEY, retries: 0 });
    const settled = await Promise.allSettled(Array.from({ length: 40 }, () => hasty.robustness(image, { epsilon: 1e-6, steps: 20 })));
    const reasons = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as ApiFailure] : []));
    assert.ok(reasons.length > 0);
    for (const { status, code, retryAfterMs } of reasons) assert.deepEqual([status, code, retryAfterMs! >= 1], [429, 'overloaded', true]);
  });

  it('a server that cannot be reached is asked again a few times; an abort ends the wait at once', async () => {
    let tries = 0;
    const counting: typeof fetch = (input, init) => {
      tries += 1;
      return fetch(input, init);
    };
    const options = { baseUrl: 'http://127.0.0.1:9', fetch: counting };
    await assert.rejects(
      new RobencClient({ ...options, retries: 2 }).models(),
      /^Error: GET http:\/\/127\.0\.0\.1:9\/v1\/models was sent 3 times and not answered: .+\. Is the server/,
    );
    assert.equal(tries, 3);
    await assert.rejects(
      new RobencClient({ ...options, retries: 5 }).startAudit({ data: 'photos' }),
      /^Error: POST .*\/v1\/audits was sent once and not answered/,
    );
    assert.equal(tries, 4, 'an audit might have begun, and is not started twice');
    assert.throws(() => new RobencClient({ baseUrl: 'localhost:8080' }), /baseUrl is "localhost:8080", which is no address.*http:\/\/localhost:8080/);
    const stop = new AbortController();
    const waiting = new RobencClient({ ...options, retries: 1000 }).models({ signal: stop.signal });
    stop.abort(new Error('enough'));
    await assert.rejects(waiting, /enough/);
  });

  it('starts an audit and follows it to its end', async () => {
    const { id } = await client.startAudit({ data: 'photos', epsilons: ['1/255'], steps: 2 });
    const states: string[] = [];
    for await (const { state } of client.followAudit(id)) states.push(state);
    assert.equal(states.at(-1), 'done');
    const report = await client.call('get', '/v1/audits/{audit}/result', { path: { audit: id } });
    assert.equal(report.data.images, CLASSES.length);
    const page = await client.call('get', '/v1/audits/{audit}/report', { path: { audit: id } });
    assert.match(await page.text(), /^<!doctype html>/i);
  });

  it('events are put together again wherever the stream was cut', async () => {
    const text = 'retry: 10\n\n: still here\n\nid: 1\nevent: audit\ndata: {"ä": 1,\ndata: "b": 2}\n\ndata: plain\n\ndata: cut off';
    const bytes = new TextEncoder().encode(text);
    for (const size of [1, 2, 7, 1000]) {
      const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
      const found = [];
      for await (const event of readEvents(new ReadableStream({ start: (stream) => (parts.forEach((part) => stream.enqueue(part)), stream.close()) })))
        found.push(event);
      assert.deepEqual(found, [
        { event: 'audit', data: '{"ä": 1,\n"b": 2}' },
        { event: 'message', data: 'plain' },
      ]);
    }
  });

  it('imports nothing that a browser does not have', () => {
    const home = fileURLToPath(new URL('../../serve/client/', import.meta.url));
    const imports = readdirSync(home).flatMap((file) => [...readFileSync(join(home, file), 'utf8').matchAll(/from '([^']+)'/g)].map(([, name]) => name!));
    assert.ok(imports.length >= 5);
    for (const name of imports) assert.match(name, /^\.\/[a-z]+\.js$/);
  });

  it('what the interface does not have is an error of types, which the type check of this file proves', () => {
    const never = () => [
      // @ts-expect-error: an option that there is not
      client.embed('', { normalise: true }),
      // @ts-expect-error: a number is wanted
      client.classify('', { top: 'many' }),
      // @ts-expect-error: the method is post
      client.call('get', '/v1/embed'),
      // @ts-expect-error: a field that there is not
      client.startAudit({ data: 'photos', epsilon: 1 }),
    ];
    assert.equal(typeof never, 'function');
  });

  function refusals(): number {
    return server.logs.filter((line) => line['status'] === 429).length;
  }
  async function failed(work: Promise<unknown>): Promise<ApiFailure> {
    const error: unknown = await work.then(
      () => assert.fail('it did not fail'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof ApiFailure, String(error));
    return error;
  }
});
