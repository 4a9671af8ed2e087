/** @file Every status that the OpenAPI document names is answered by the running server, operation by operation, and no other. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { RobencError } from '@robenc/shared/errors.js';
import { Keyring } from '@robenc/serve/access/keyring.js';
import { Rates } from '@robenc/serve/access/rates.js';
import { Audits } from '@robenc/serve/auditing/audits.js';
import { routes } from '@robenc/serve/routes/index.js';
import type { Route } from '@robenc/serve/routes/route.js';
import { CLASSES, modelsFolder, writeFixture } from '../package-fixture.js';
import { png, serveFolder, type TestServer } from '../server-fixture.js';

const KEYS = { all: ['infer', 'audit', 'admin'], infer: ['infer'], audit: ['audit'] } as const;
const keyOf = (name: keyof typeof KEYS) => `${name}-key-0123456789`;
const MAX_BODY = 100_000;
const LONG = { model: 'tiny', data: 'photos', epsilons: ['1/255'], attack: 'pgd', steps: 50_000 };

interface Document {
  paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
}

describe('statuses of the OpenAPI document', () => {
  const folder = modelsFolder();
  const scratch = mkdtempSync(join(tmpdir(), 'robenc-statuses-'));
  const closing: (() => Promise<unknown>)[] = [];
  const servers: TestServer[] = [];
  /** Seen where the log is silent: what Node refuses by itself. */
  const refused = new Map<string, Set<number>>();
  let server: TestServer;
  let limited: TestServer;
  let bodies: Readonly<Record<string, object>>;
  /** An audit that is done. */
  let done = '';

  before(async function () {
    this.timeout(120_000);
    for (const name of ['tiny', 'extra']) writeFixture(folder.path, { name });
    for (const [label, name] of CLASSES.entries()) {
      mkdirSync(join(scratch, 'data', 'photos', name), { recursive: true });
      writeFileSync(join(scratch, 'data', 'photos', name, 'one.png'), await png(label));
    }
    const entries = Object.entries(KEYS).map(([name, scopes]) => ({ name, key: keyOf(name as keyof typeof KEYS), scopes }));
    writeFileSync(join(scratch, 'keys.json'), JSON.stringify({ keys: entries }));
    const open = async (name: string, parts: { rates?: Rates } = {}) => {
      const places = { folder: join(scratch, name), dataFolder: join(scratch, 'data'), modelsFolder: folder.path };
      const audits = new Audits({ ...places, running: 1, waiting: 4, workers: 1, device: 'cpu', log: pino({ level: 'silent' }) });
      const keys = new Keyring(join(scratch, 'keys.json'));
      const opened = await serveFolder(folder.path, { references: ['tiny'], limits: { maxBodyBytes: MAX_BODY }, server: { keys, audits, ...parts } });
      servers.push(opened);
      closing.push(
        () => audits.close(),
        () => opened.close(),
      );
      return opened;
    };
    server = await open('audits');
    limited = await open('limited', { rates: new Rates(1) });
    const image = (await png(1)).toString('base64');
    const inputs = [{ name: 'image', shape: [1], datatype: 'BYTES', data: [image] }];
    bodies = {
      embed: { model: 'tiny', image },
      classify: { model: 'tiny', image },
      robustness: { model: 'tiny', image, epsilon: 0.01, steps: 1 },
      similarity: { model: 'tiny', images: [image, image] },
      embeddings: { model: 'tiny', input: image },
      tei_embed: { model: 'tiny', inputs: image },
      tei_similarity: { model: 'tiny', inputs: { source_sentence: image, sentences: [image] } },
      hf_classify: { inputs: image },
      hf_root: { inputs: image },
      oip_infer: { inputs },
      oip_infer_version: { inputs },
      load: { model: 'extra' },
      unload: { model: 'extra' },
      labels: { model: 'extra', version: '1', label: 'spare' },
      audit_start: { model: 'tiny', data: 'photos', epsilons: ['1/255'], steps: 1 },
    };
    for (const { name, computes } of routes.entries) assert.ok(computes !== true || bodies[name] !== undefined, `Add a request for ${name} to "bodies" above.`);
  });
  after(async () => {
    for (const close of closing.reverse()) await close();
    folder.remove();
    rmSync(scratch, { recursive: true });
  });

  /** Asks an operation; what is not said is as it should be. */
  async function ask(
    route: Route,
    {
      to = server,
      key = 'all',
      query = '',
      headers = {},
      body,
      params = {},
    }: {
      to?: TestServer;
      key?: keyof typeof KEYS | null;
      query?: string;
      headers?: Record<string, string>;
      body?: object | string;
      params?: Record<string, string>;
    } = {},
  ): Promise<Response> {
    // Administrators change the other model, so that this one stays.
    const values: Record<string, string> = { model: route.scope === 'admin' ? 'extra' : 'tiny', version: '1', audit: done, ...params };
    const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name]!);
    const sent = body ?? bodies[route.name] ?? {};
    const answer = await fetch(`${to.url}${path}${query}`, {
      method: route.method.toUpperCase(),
      headers: { ...(key === null ? {} : { authorization: `Bearer ${keyOf(key)}` }), 'content-type': 'application/json', ...headers },
      ...(route.method === 'post' ? { body: typeof sent === 'string' ? sent : JSON.stringify(sent) } : {}),
    });
    if (!(answer.headers.get('content-type') ?? '').startsWith('text/event-stream')) await answer.arrayBuffer();
    else await answer.body!.cancel();
    return answer;
  }
  const named = (name: string) => routes.entries.find((route) => route.name === name)!;
  const startAudit = async (body: object): Promise<string> => {
    const answer = await ask(named('audit_start'), { body });
    return answer.headers.get('location')!.split('/').at(-1)!;
  };

  /** Lets every handler fail with the error, for the length of `work`. */
  async function failing(error: Error, work: (route: Route) => Promise<unknown>): Promise<void> {
    for (const route of routes.entries as { handle: Route['handle'] }[] & readonly Route[]) {
      const honest = route.handle;
      Object.assign(route, { handle: () => Promise.reject(error) });
      await work(route).finally(() => Object.assign(route, { handle: honest }));
    }
  }

  it('each is answered, and none that is not named', async function () {
    this.timeout(180_000);
    done = await startAudit(bodies['audit_start']!);
    for (
      let i = 0;
      i < 600 &&
      (await (await fetch(`${server.url}/v1/audits/${done}`, { headers: { 'x-api-key': keyOf('all') } })).text()).match(/"state":"(queued|running)"/);
      i++
    )
      await sleep(100);
    for (const route of routes.entries) {
      const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
      await ask(route, { query: '?nonsense=1' });
      for (const key of [null, route.scope === 'infer' ? 'audit' : 'infer'] as const) await ask(route, { key });
      if (inPath.length > 0) await ask(route, { params: { [inPath[0]!]: 'nobody' } });
      if ('model' in route.options.properties) {
        const usual = bodies[route.name] as { model?: string } | undefined;
        await ask(route, usual?.model === undefined ? { query: '?model=nobody' } : { body: { ...usual, model: 'nobody' } });
      }
      if (route.body !== 'none') {
        await ask(route, { body: 'x'.repeat(MAX_BODY + 1) });
        await ask(route, { headers: { 'content-encoding': 'zstd' } });
      }
      for (let i = 0; i < 2; i++) await ask(route, { to: limited });
      refused.set(route.name, new Set([await statusOfLongHeader(server, route)]));
    }
    await failing(new Error('broken'), ask);
    await failing(new RobencError('unavailable', 'The device is gone.'), async (route) => {
      if (route.errors.includes('unavailable')) await ask(route);
    });
    await tooLate();
    await conflicts();
    // The good answers last: they take models and audits away.
    for (const route of routes.entries.filter(({ name }) => name !== 'audit_remove')) await ask(route);
    await ask(named('audit_remove'));
    const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as Document;
    const differences = routes.entries.flatMap((route) => {
      const documented = Object.keys(document.paths[route.path]![route.method]!.responses).map(Number);
      const seen = statusesOf(route);
      const missing = documented.filter((status) => !seen.has(status));
      const others = [...seen].filter((status) => !documented.includes(status));
      return missing.length + others.length === 0
        ? []
        : [`${route.method} ${route.path}: never answered ${missing.join(', ') || 'none'}; not named ${others.join(', ') || 'none'}`];
    });
    assert.deepEqual(differences, []);
  });

  /** Time is over before slow graphs have answered. */
  async function tooLate(): Promise<void> {
    const graphs = Object.values(server.engine.models.get('tiny').graphs);
    const honest = graphs.map((graph) => graph.run.bind(graph));
    graphs.forEach((graph, i) => (graph.run = async (feeds) => sleep(150).then(() => honest[i]!(feeds))));
    for (const route of routes.entries) if (route.computes) await ask(route, { headers: { 'x-request-timeout-ms': '20' } });
    await sleep(400);
    graphs.forEach((graph, i) => (graph.run = honest[i]!));
  }

  async function conflicts(): Promise<void> {
    const running = { audit: await startAudit(LONG) };
    for (const name of ['audit_result', 'audit_report', 'audit_samples', 'audit_remove', 'audit_resume']) await ask(named(name), { params: running });
    await ask(named('audit_cancel'), { params: running });
    await ask(named('audit_cancel'), { params: running });
    await ask(named('audit_resume'), { params: running });
    await ask(named('audit_cancel'), { params: running });
  }

  function statusesOf(route: Route): Set<number> {
    const logged = servers.flatMap(({ logs }) => logs).filter((line) => line['route'] === route.path && line['method'] === route.method.toUpperCase());
    return new Set([...logged.map((line) => line['status'] as number).filter((status) => status !== 499), ...refused.get(route.name)!]);
  }
});

function statusOfLongHeader({ port }: TestServer, { method, path }: Route): Promise<number> {
  return new Promise((resolve, reject) => {
    httpRequest({ port, method, path: encodeURI(path), headers: { 'x-long': 'x'.repeat(20_000), connection: 'close' } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode!);
    })
      .on('error', reject)
      .end();
  });
}
