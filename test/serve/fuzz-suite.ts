/** @file Requests by the thousand that are wrong, nearly right or nonsense: each gets a documented answer in the manner of its family, and the server lives on. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { pino } from 'pino';
import { check } from '@robenc/shared/config/check.js';
import { Keyring } from '@robenc/serve/access/keyring.js';
import { Audits } from '@robenc/serve/auditing/audits.js';
import { families } from '@robenc/serve/families/index.js';
import { Matcher } from '@robenc/serve/http/match.js';
import { routes } from '@robenc/serve/routes/index.js';
import { fuzzCase, type FuzzCase } from './fuzz-cases.js';
import { unlessItHangs } from './hang-watch.js';
import { modelsFolder, writeFixture } from './package-fixture.js';
import { get, png, serveFolder, type TestServer } from './server-fixture.js';

const KEY = 'fuzzing-key-0123456789';
/** Sent at the same time. */
const TOGETHER = 50;
/** No deadline ends work here: what is asked costs little, and what hangs is told by the hang watch, so that a slow machine makes no failure. */
const NO_DEADLINE_MS = 24 * 3_600_000;

/** The suite with so many requests; it takes some milliseconds for each. */
export function fuzzSuite(count: number): void {
  describe('the server, fuzzed', () => {
    const folder = modelsFolder();
    const scratch = mkdtempSync(join(tmpdir(), 'robenc-fuzz-'));
    const matcher = new Matcher(routes.entries);
    let server: TestServer;
    let image: Buffer;
    /** How often each status was answered, and which routes were met. */
    const statuses = new Map<number, number>();
    const met = new Set<string>();
    let answered = 0;
    let documented: Record<string, Record<string, { responses: object }>>;
    before(async () => {
      writeFixture(folder.path);
      mkdirSync(join(scratch, 'data'));
      writeFileSync(join(scratch, 'keys.json'), JSON.stringify({ keys: [{ name: 'fuzz', key: KEY, scopes: ['infer', 'audit'] }] }));
      const audits = new Audits({
        folder: join(scratch, 'audits'),
        dataFolder: join(scratch, 'data'),
        modelsFolder: folder.path,
        ...{ running: 1, waiting: 1, workers: 1, device: 'cpu', log: pino({ level: 'silent' }) },
      });
      server = await serveFolder(folder.path, {
        limits: { maxBodyBytes: 64 * 1024, timeoutMs: NO_DEADLINE_MS, queueLimit: 4096 },
        server: { audits, keys: new Keyring(join(scratch, 'keys.json')) },
      });
      image = await png(1);
      documented = (await get<{ paths: typeof documented }>(`${server.url}/openapi.json`)).body.paths;
    });
    after(async () => {
      await server.close();
      folder.remove();
      rmSync(scratch, { recursive: true });
    });

    /** What the answer must be: one of the statuses of the operation, and an error in the form of the family. */
    async function answers({ method, path, headers, body }: FuzzCase): Promise<void> {
      const response = await fetch(server.url + path, {
        method,
        headers: { authorization: `Bearer ${KEY}`, ...headers },
        ...(body === null ? {} : { body: new Uint8Array(body) }),
      });
      const bytes = Buffer.from(await response.arrayBuffer());
      const pathname = new URL(server.url + path).pathname;
      const found = matcher.find(method, pathname);
      const route = found !== null && 'route' in found ? found.route : null;
      answered += 1;
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      if (route !== null) met.add(route.name);
      const told = `${method} ${path}: ${response.status} ${bytes.subarray(0, 300).toString()}`;
      const allowed = route === null ? (found === null ? ['404'] : ['405']) : Object.keys(documented[route.path]![route.method]!.responses);
      // A body that cannot be taken at all is the door's matter, whatever the route.
      assert.ok([...allowed, '400', '413', '415'].includes(String(response.status)), told);
      // A deadline that the request itself asks for may pass.
      const hurried = 'x-request-timeout-ms' in headers && response.status === 504;
      assert.ok(response.status < 500 || response.status === 501 || hurried, told);
      assert.ok(response.headers.get('x-request-id') !== null, told);
      if (response.status < 400 || method === 'HEAD') return;
      const family = route === null ? families.entries.find(({ owns }) => owns(pathname))! : families.get(route.family);
      check(family.errorSchema, JSON.parse(bytes.toString()), told);
    }

    it(`answers ${count} requests as documented, without a failure or a hang`, async function () {
      this.timeout(0);
      const property = fc.asyncProperty(
        fc.array(fuzzCase(image), { minLength: TOGETHER, maxLength: TOGETHER }),
        async (cases) => void (await unlessItHangs(server, Promise.all(cases.map(answers)), () => answered)),
      );
      const { errorInstance } = await fc.check(property, { numRuns: Math.ceil(count / TOGETHER), seed: 20_260_101, endOnFailure: true });
      // Of all the cases of the run it names the one that failed.
      if (errorInstance instanceof Error) throw errorInstance;
      assert.equal(errorInstance, null);
      // Not all of it is nonsense, and nonsense comes in many kinds.
      for (const status of [200, 400, 404, 405, 415, 422]) assert.ok((statuses.get(status) ?? 0) >= count / 500, JSON.stringify([...statuses]));
      const missed = routes.entries.filter(({ name }) => name !== 'audit_events' && !met.has(name)).map(({ name }) => name);
      assert.deepEqual(missed, []);
      assert.equal((await get(`${server.url}/readyz`)).status, 200);
      const metrics = await (await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${KEY}` } })).text();
      // This request itself is the only one that has not ended.
      assert.match(metrics, /^robenc_requests_in_flight 1$/m);
      assert.match(metrics, /^robenc_admitted_rows 0$/m);
    });

    it('bytes that are no HTTP end in 400 or a closed connection, and the server lives on', async function () {
      this.timeout(0);
      const lines = fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.string({ maxLength: 80 }).map((text) => Buffer.from(`GET /${text} HTTP/1.1\r\nhost: x\r\n${text}: ${text}\r\n\r\n`)),
      );
      const property = fc.asyncProperty(lines, async (bytes) => {
        let all = '';
        const closed = new Promise<string>((resolve) => {
          const socket = connect(server.port, '127.0.0.1', () => socket.end(bytes));
          socket.on('data', (part) => (all += part.toString('latin1')));
          for (const event of ['close', 'error'] as const) socket.on(event, () => resolve(all));
        });
        const heard = await unlessItHangs(server, closed, () => all.length);
        assert.match(heard, /^(HTTP\/1\.1 [234]\d\d |$)/);
      });
      await fc.assert(property, { numRuns: 200, seed: 20_260_102 });
      assert.equal((await get(`${server.url}/readyz`)).status, 200);
    });
  });
}
