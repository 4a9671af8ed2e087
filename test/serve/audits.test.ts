/** @file Audits over HTTP: their whole life, what they may read, how many there may be, and that nothing is lost when something ends. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { constants, getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { check } from '@robenc/shared/config/check.js';
import { AuditReport } from '@robenc/shared/config/audit.js';
import { Keyring } from '@robenc/serve/access/keyring.js';
import { Audits, type AuditsOptions } from '@robenc/serve/auditing/audits.js';
import { AuditRecord } from '@robenc/serve/auditing/record.js';
import { CLASSES, modelsFolder, writeFixture } from './package-fixture.js';
import { get, png, post, serveFolder, type TestServer } from './server-fixture.js';

const KEY = 'audit-key-0123456789';
const AUTH = { authorization: `Bearer ${KEY}` };
const IMAGES = 40;
/** Long enough to be ended on the way. */
const LONG = { data: 'photos', epsilons: ['1/255'], attack: 'pgd', steps: 1000, model: 'tiny' };
const SHORT = { data: 'photos', epsilons: ['2/255', 0.1], steps: 5, model: 'tiny' };

interface Failure {
  error: { code: string; message: string; field: string | null };
}

describe('audits over HTTP', () => {
  const folder = modelsFolder();
  const scratch = mkdtempSync(join(tmpdir(), 'robenc-audits-'));
  const dataFolder = join(scratch, 'data');
  const closing: (() => Promise<unknown>)[] = [];
  let count = 0;

  before(async () => {
    writeFixture(folder.path);
    writeFixture(folder.path, { name: 'plain', seed: 2, aggregate: false });
    for (const [label, name] of CLASSES.entries()) {
      mkdirSync(join(dataFolder, 'photos', name), { recursive: true });
      for (let i = label; i < IMAGES; i += CLASSES.length) writeFileSync(join(dataFolder, 'photos', name, `${i}.png`), await png(i));
    }
    mkdirSync(join(scratch, 'secret', 'circle'), { recursive: true });
    symlinkSync(join(scratch, 'secret'), join(dataFolder, 'link'));
    writeFileSync(
      join(scratch, 'keys.json'),
      JSON.stringify({
        keys: [
          { name: 'auditor', key: KEY, scopes: ['audit', 'infer'] },
          { name: 'app', key: 'infer-key-0123456789', scopes: ['infer'] },
        ],
      }),
    );
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  after(() => {
    folder.remove();
    rmSync(scratch, { recursive: true });
  });

  function openAudits(options: Partial<AuditsOptions> = {}): Audits {
    const audits = new Audits({
      folder: join(scratch, `audits-${++count}`),
      dataFolder,
      modelsFolder: folder.path,
      running: 1,
      waiting: 1,
      workers: 1,
      device: 'cpu',
      log: pino({ level: 'silent' }),
      ...options,
    });
    closing.push(() => audits.close());
    return audits;
  }

  async function serve(options: Partial<AuditsOptions> = {}): Promise<{ server: TestServer; audits: Audits; url: string }> {
    const audits = openAudits(options);
    const server = await serveFolder(folder.path, { server: { audits, keys: new Keyring(join(scratch, 'keys.json')) } });
    closing.push(() => server.close());
    return { server, audits, url: `${server.url}/v1/audits` };
  }

  /** Waits for a state of an audit in which `wanted` is true. */
  function until(audits: Audits, id: string, wanted: (record: AuditRecord) => boolean): Promise<AuditRecord> {
    return new Promise((resolve, reject) => {
      const look = (record: AuditRecord) => {
        if (!wanted(record) && !['failed', 'interrupted'].includes(record.state)) return;
        stop();
        if (wanted(record)) resolve(record);
        else reject(new Error(JSON.stringify(record)));
      };
      const stop = audits.watch(id, look);
      look(audits.get(id));
    });
  }
  const done = (audits: Audits, id: string) => until(audits, id, ({ state }) => state === 'done');
  const underWay = (audits: Audits, id: string) => until(audits, id, ({ progress }) => (progress?.share ?? 0) > 0);

  it('an audit is started, followed as events, and gives a result, a report and its samples; classification goes on meanwhile', async () => {
    const { server, audits, url } = await serve();
    const started = await post<AuditRecord>(url, SHORT, AUTH);
    assert.equal(started.status, 202, JSON.stringify(started.body));
    check(AuditRecord, started.body, 'answer');
    const { id } = started.body;
    assert.equal(started.headers.get('location'), `/v1/audits/${id}`);
    assert.deepEqual([started.body.model.name, started.body.client], ['tiny', 'key auditor']);
    assert.equal(getPriority(audits.pidOf(id)), constants.priority.PRIORITY_LOW);
    assert.equal((await post(`${server.url}/v1/classify`, { image: (await png(1)).toString('base64'), model: 'tiny' }, AUTH)).status, 200);
    assert.match(await (await fetch(`${server.url}/metrics`, { headers: AUTH })).text(), /^robenc_audits_running 1$/m);
    assert.equal((await get(`${url}/${id}/result`, { headers: AUTH })).status, 409);

    const stream = await fetch(`${url}/${id}/events`, { headers: AUTH });
    assert.match(stream.headers.get('content-type')!, /^text\/event-stream/);
    const events = [...(await stream.text()).matchAll(/^id: (\d+)\nevent: audit\ndata: (.*)\n\n/gm)].map(([, , data]) => JSON.parse(data!) as AuditRecord);
    for (const event of events) check(AuditRecord, event, 'event');
    assert.ok(events.length >= 3, String(events.length));
    assert.ok(events.some(({ progress }) => progress !== null && progress.share > 0));
    assert.equal(events.at(-1)!.state, 'done');

    const { body: record } = await get<AuditRecord>(`${url}/${id}`, { headers: AUTH });
    assert.deepEqual(record, events.at(-1));
    const { body: report } = await get<AuditReport>(`${url}/${id}/result`, { headers: AUTH });
    check(AuditReport, report, 'result');
    assert.deepEqual([report.data.images, report.data.path, report.model.path], [IMAGES, 'photos', 'tiny@1/classifier.onnx']);
    assert.deepEqual(
      record.outcome!.results.map(({ epsilon, robustAccuracy }) => [epsilon, robustAccuracy]),
      report.results.map(({ epsilon, robustAccuracy }) => [epsilon, robustAccuracy]),
    );
    for (const result of report.results) assert.ok(result.robustAccuracy <= result.cleanAccuracy);
    const html = await fetch(`${url}/${id}/report`, { headers: AUTH });
    assert.match(html.headers.get('content-type')!, /^text\/html/);
    const page = await html.text();
    assert.match(page, /<title>Audit of tiny@1<\/title>/);
    const samples = await (await fetch(`${url}/${id}/samples`, { headers: AUTH })).text();
    assert.equal(samples.trim().split('\n').length, 1 + IMAGES * 2);
    for (const text of [page, samples, JSON.stringify(report), JSON.stringify(record)]) assert.ok(!text.includes(scratch) && !text.includes(folder.path));

    const { body: list } = await get<{ data: AuditRecord[]; dataSets: string[] }>(url, { headers: AUTH });
    assert.deepEqual([list.data.map((one) => one.id), list.dataSets], [[id], ['photos']]);
    assert.equal((await fetch(`${url}/${id}`, { method: 'DELETE', headers: AUTH })).status, 200);
    assert.equal((await get(`${url}/${id}`, { headers: AUTH })).status, 404);
  });

  it('nothing outside the folder of data sets can be named, and what no audit can do is refused at once', async () => {
    const { url } = await serve();
    for (const data of [
      '../secret',
      '/etc',
      'photos/../../secret',
      'file:///etc',
      'http://example.org/x',
      '.hidden',
      'photos\\..',
      '',
      'link',
      'link/circle',
      'missing',
    ])
      await refused({ ...SHORT, data }, 'data');
    await refused({ data: 'photos', model: 'tiny' }, 'epsilons');
    await refused({ ...SHORT, preset: 'quick', attack: 'pgd' }, 'preset');
    await refused({ ...SHORT, sigma: 0.1 }, 'sigma');
    await refused({ ...SHORT, attack: undefined, steps: undefined, preset: 'certify', norm: 'linf' }, 'norm');
    await refused({ ...SHORT, epsilons: ['9/8'] }, 'epsilons');
    await refused({ ...SHORT, out: '/tmp/x' }, 'out');
    await refused({ ...SHORT, classes: ['/etc/passwd'] }, 'classes');
    assert.equal((await post<Failure>(url, { ...SHORT, model: 'nothing' }, AUTH)).status, 404);
    async function refused(request: object, field: string): Promise<void> {
      const { status, body } = await post<Failure>(url, request, AUTH);
      assert.deepEqual([status, body.error?.code], [400, 'bad_input'], JSON.stringify([request, body]));
      assert.match(body.error.field ?? '', new RegExp(`^${field}`));
      assert.ok(!body.error.message.includes(scratch) && !/--\w/.test(body.error.message), body.error.message);
    }
  });

  it('needs the scope audit, and a server that was given data sets', async () => {
    const { url } = await serve();
    const infer = { authorization: 'Bearer infer-key-0123456789' };
    assert.equal((await post(url, SHORT, infer)).status, 403);
    assert.equal((await get(url)).status, 401);
    const without = await serveFolder(folder.path, { server: { keys: new Keyring(join(scratch, 'keys.json')) } });
    closing.push(() => without.close());
    const { status, body } = await get<Failure>(`${without.url}/v1/audits`, { headers: AUTH });
    assert.deepEqual([status, body.error.message], [403, 'This server does not audit.']);
    assert.throws(() => openAudits({ dataFolder: join(scratch, 'no-such-folder') }), /cannot be read/);
  });

  it('more than may run wait, and more than may wait are told to come again; both kinds can be cancelled and go on to the same result', async () => {
    const { audits, url } = await serve();
    const [first, second] = [(await post<AuditRecord>(url, LONG, AUTH)).body.id, (await post<AuditRecord>(url, LONG, AUTH)).body.id];
    const third = await post<Failure>(url, LONG, AUTH);
    assert.deepEqual([third.status, third.body.error.code, third.headers.get('retry-after')], [429, 'overloaded', '60']);
    assert.deepEqual([audits.get(first).state, audits.get(second).state], ['running', 'queued']);
    assert.equal((await post(`${url}/${second}/cancel`, '', AUTH)).status, 200);
    assert.equal(audits.get(second).state, 'cancelled');
    await underWay(audits, first);
    const cancelled = await post<AuditRecord>(`${url}/${first}/cancel`, '', AUTH);
    assert.deepEqual([cancelled.status, cancelled.body.state, cancelled.body.outcome], [200, 'cancelled', null]);
    assert.equal((await post(`${url}/${first}/cancel`, '', AUTH)).status, 409);
    for (const id of [first, second]) assert.equal((await post<AuditRecord>(`${url}/${id}/resume`, '', AUTH)).status, 200);
    assert.equal((await post(`${url}/${first}/resume`, '', AUTH)).status, 409);
    assert.equal((await fetch(`${url}/${first}`, { method: 'DELETE', headers: AUTH })).status, 409);
    const [one, other] = [await done(audits, first), await done(audits, second)];
    assert.equal(one.resumed, 1);
    assert.ok(
      one.notes.some((note) => /^Going on from [1-9]\d* finished items/.test(note)),
      one.notes.join('\n'),
    );
    assert.deepEqual(one.outcome, other.outcome);
  });

  it('a server that is stopped leaves its audits to the next one, and one whose process is killed is interrupted and can go on', async () => {
    const before = openAudits();
    const model = { name: 'tiny', version: '1', digest: '' };
    const request = check(AuditRecord.properties.request, LONG, 'request');
    const { id } = before.start(request, model, 'test');
    const waiting = before.start(request, model, 'test').id;
    await underWay(before, id);
    await before.close();
    const after = openAudits({ folder: join(scratch, `audits-${count}`) });
    assert.deepEqual([after.get(id).state, after.get(id).resumed, after.get(waiting).state], ['running', 1, 'queued']);
    await underWay(after, id);
    process.kill(after.pidOf(id)!, 'SIGKILL');
    const interrupted = await new Promise<AuditRecord>((resolve) => after.watch(id, (record) => record.state === 'interrupted' && resolve(record)));
    assert.match(interrupted.error!.message, /ended without a word \(signal SIGKILL\)/);
    after.resume(id);
    const [one, other] = [await done(after, id), await done(after, waiting)];
    assert.equal(one.resumed, 2);
    assert.deepEqual(one.outcome, other.outcome);
    after.remove(id);
    assert.ok(!existsSync(join(scratch, `audits-${count}`, id)));
  });

  it('an audit that cannot be made fails with the reason, and says nothing of where things lie', async () => {
    const audits = openAudits();
    const request = check(AuditRecord.properties.request, { ...SHORT, threat: 'aggregate-image' }, 'request');
    const { id } = audits.start(request, { name: 'plain', version: '1', digest: '' }, 'test');
    const record = await until(audits, id, ({ state }) => state === 'failed');
    assert.match(record.error!.message, /^plain@1\/encoder\.onnx has no head for means over crops/);
    assert.ok(!JSON.stringify(record).includes(scratch));
  });
});
