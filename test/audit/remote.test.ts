/** @file `robenc audit` of a model that a server holds: the verdicts of the model itself, through refusals, broken connections and kills. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuditReport } from '@robenc/shared/config/audit.js';
import { check } from '@robenc/shared/config/check.js';
import { readOptions } from '@robenc/shared/config/command-options.js';
import { Random } from '@robenc/shared/math/random.js';
import audit from '@robenc/audit/commands/audit.js';
import { readAddress } from '@robenc/audit/remote/address.js';
import { Client, retryAfter } from '@robenc/audit/remote/client.js';
import { memoryContext } from '../context.js';
import { CLASSES, modelsFolder, writeFixture } from '../serve/package-fixture.js';
import { png, serveFolder, type TestServer } from '../serve/server-fixture.js';

/** What becomes of a request before the server behind sees it: null lets it through. */
type Trouble = (request: number) => ((request: IncomingMessage, response: ServerResponse) => void) | null;

describe('audits of a model behind a server', () => {
  const folder = modelsFolder();
  let root: string;
  let data: string;
  let model: string;
  let server: TestServer;
  let proxy: Server;
  let trouble: Trouble;
  let asked: { at: number; path: string; key: string | undefined }[];

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'robenc-remote-'));
    data = join(root, 'data');
    model = writeFixture(folder.path).folder;
    // The classes are what the model says, so that many images are right.
    server = await serveFolder(folder.path);
    for (const name of CLASSES) mkdirSync(join(data, name), { recursive: true });
    for (let i = 0; i < 20; i++) {
      const file = await png(700 + i);
      const answer = await fetch(`${server.url}/v1/classify`, { method: 'POST', body: new Uint8Array(file), headers: { 'content-type': 'image/png' } });
      const { results } = (await answer.json()) as { results: { prediction: { label: string } }[] };
      writeFileSync(join(data, results[0]!.prediction.label, `${String(i).padStart(2, '0')}.png`), file);
    }
    for (const name of CLASSES) writeFileSync(join(data, name, 'last.png'), await png(800));
    proxy = createServer((request, response) => {
      asked.push({ at: performance.now(), path: request.url!, key: request.headers.authorization });
      const happens = trouble(asked.length);
      if (happens !== null) return happens(request, response);
      void pass(request, response);
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
  });

  after(async () => {
    await server.close();
    proxy.close();
    folder.remove();
    rmSync(root, { recursive: true });
  });

  beforeEach(() => {
    trouble = () => null;
    asked = [];
  });

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const headers = Object.fromEntries(['content-type', 'accept'].flatMap((name) => (request.headers[name] ? [[name, String(request.headers[name])]] : [])));
    const answer = await fetch(`${server.url}${request.url}`, {
      method: request.method!,
      headers,
      ...(request.method === 'POST' ? { body: new Uint8Array(Buffer.concat(parts)) } : {}),
    });
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' });
    response.end(Buffer.from(await answer.arrayBuffer()));
  }

  const address = () => `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const FLAGS = { eps: ['2/255,6/255'], attack: 'square', queries: '40', workers: '2' };

  async function run(target: string, flags: Readonly<Record<string, unknown>> = {}, signal = new AbortController().signal) {
    const context = memoryContext({ cwd: root, signal });
    const code = await audit.run({ model: target, ...readOptions(audit, { data, ...FLAGS, ...flags }) }, context);
    return { code, context, report: check(AuditReport, context.results[0], 'audit.json') };
  }

  const verdicts = ({ results }: AuditReport) =>
    results.map(({ epsilon, cleanCorrect, robustCorrect, stages }) => ({ epsilon, cleanCorrect, robustCorrect, stages }));

  it('gives the verdicts of the model itself, and asks for scores alone', async () => {
    const local = await run(model);
    const { report, code } = await run(`${address()}/v1/classify`, { attack: undefined });
    assert.equal(code, 0);
    assert.deepEqual(verdicts(report), verdicts(local.report));
    assert.ok(report.results[0]!.cleanCorrect >= 20 && report.results[1]!.robustCorrect < report.results[0]!.cleanCorrect);
    assert.deepEqual([report.threatModel.name, report.device, report.results[0]!.attack], ['remote', 'remote', 'square']);
    assert.equal(report.data.height, 16);
    assert.deepEqual([...new Set(asked.map(({ path }) => path))], ['/v1/models', '/v1/classify?model=tiny%401']);
  });

  it('gets the same through refusals, broken connections and a server that is away, and waits as long as it is told', async () => {
    const calm = await run(address());
    asked = [];
    let refusedAt = 0;
    trouble = (request) => {
      if (request === 7)
        return (_, response) => {
          refusedAt = performance.now();
          response.writeHead(429, { 'retry-after': '1' }).end('{"error":{"message":"slow down"}}');
        };
      if (request % 11 === 0) return (_, response) => void response.writeHead(503).end();
      if (request % 13 === 0) return (_, response) => void response.destroy();
      // Cut off in the middle of the body.
      if (request % 17 === 0) return (_, response) => void response.writeHead(200, { 'content-length': '500' }).write('x', () => response.destroy());
      return null;
    };
    const { report, context } = await run(address(), { batchSize: '8' });
    assert.deepEqual(verdicts(report), verdicts(calm.report));
    assert.ok(asked.length > 40 && refusedAt > 0);
    // The request of the other worker may still arrive; the next ones come a second later.
    const soon = asked.filter(({ at }) => at > refusedAt && at < refusedAt + 900);
    assert.ok(soon.length <= 1, `${soon.length} requests within the second that was asked for`);
    assert.ok(context.notes.some((line) => /asks for patience/.test(line)));
  });

  it('goes on after it was stopped, and refuses the state of another model', async () => {
    const out = join(root, 'stopped');
    const whole = await run(address());
    asked = [];
    const stop = new AbortController();
    trouble = (request) => {
      if (request === 60) stop.abort();
      return null;
    };
    await assert.rejects(run(address(), { out, batchSize: '5' }, stop.signal), { code: 'cancelled' });
    trouble = () => null;
    const { report, context } = await run(address(), { out, resume: true });
    assert.ok(
      context.notes.some((line) => /^Going on from \d+ finished items/.test(line)),
      context.notes.join('\n'),
    );
    assert.deepEqual(verdicts(report), verdicts(whole.report));
    assert.ok(readFileSync(join(out, 'report.html'), 'utf8').includes('the attacker sees the scores'));
    await assert.rejects(run(model, { out, resume: true }), { code: 'mismatch' });
  });

  it('certifies and corrupts through the scores too', async () => {
    const flags = { eps: [], attack: undefined, queries: undefined };
    const { report } = await run(address(), { ...flags, preset: 'certify', sigma: '0.02', draws: '40', limit: '5' });
    assert.ok(report.certificate!.smoothedCorrect > 0 && report.certificate!.baseCorrect > 0);
    const corrupt = { ...flags, preset: 'corruptions', corruptions: ['contrast,jpeg'], limit: '5' };
    assert.deepEqual((await run(address(), corrupt)).report.corruptions, (await run(model, corrupt)).report.corruptions);
  });

  it('refuses what needs the model itself, wrong addresses and unknown models, each by its name', async () => {
    await assert.rejects(run(address(), { attack: 'pgd', queries: undefined }), /A server gives scores and no gradients.*--attack square/);
    await assert.rejects(run(address(), { mean: ['0.5'] }), /--mean says how the input of a model is made/);
    await assert.rejects(run(address(), { threat: 'retrieval' }), /--threat retrieval needs the model itself/);
    await assert.rejects(run(`${address()}/v1/classify?model=other`), /serves tiny@1\. Name one as in/);
    await assert.rejects(run(`${address()}/somewhere`), { code: 'bad-input' });
    assert.throws(
      () => readAddress('http://me:secret@host'),
      (error: Error) => /ROBENC_API_KEY/.test(error.message) && !error.message.includes('secret'),
    );
    assert.throws(() => readAddress('http://host/v1/classify?top=3'), /"top" is not known here/);
    assert.deepEqual(readAddress('https://host:1/prefix/v1/classify?model=a@2'), { base: 'https://host:1/prefix', model: 'a@2' });
  });

  it('sends the key, gives up on a server that does not come back, and reads both forms of Retry-After', async () => {
    const client = (now: () => number) =>
      new Client({ key: 'k'.repeat(20), random: new Random(1), now, signal: new AbortController().signal, tell: () => undefined });
    await client(() => 0).ask(`${address()}/v1/models`);
    assert.equal(asked.at(-1)!.key, `Bearer ${'k'.repeat(20)}`);
    asked = [];
    trouble = () => (_, response) => void response.writeHead(503).end();
    // A clock that jumps, so that no wait is real.
    let clock = 0;
    await assert.rejects(
      client(() => (clock += 1e6)).ask(`${address()}/v1/models`),
      (error: { code: string; message: string }) => error.code === 'unavailable' && /did not answer in 10 tries; the last one: 503/.test(error.message),
    );
    assert.equal(asked.length, 10);
    assert.deepEqual(
      [retryAfter('3', 0), retryAfter('Thu, 01 Jan 1970 00:00:07 GMT', 2000), retryAfter(null, 0), retryAfter('soon', 0)],
      [3000, 5000, null, null],
    );
  });
});
