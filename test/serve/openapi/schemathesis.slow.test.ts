/** @file The OpenAPI document against the running server, by schemathesis: requests that it makes up, right and wrong ones, and all its checks of the answers. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Keyring } from '@robenc/serve/access/keyring.js';
import { Audits } from '@robenc/serve/auditing/audits.js';
import { pythonOf } from '../../../bench/peers/python.js';
import { skip } from '../../skip.js';
import { CLASSES, modelsFolder, writeFixture } from '../package-fixture.js';
import { png, serveFolder, type TestServer } from '../server-fixture.js';

const EXAMPLES = Number(process.env['ROBENC_EXAMPLES'] ?? 200);
const SEED = 1;
const KEY = 'schemathesis-key-0123456789';

describe('the OpenAPI document, by schemathesis', () => {
  const folder = modelsFolder();
  const scratch = mkdtempSync(join(tmpdir(), 'robenc-schemathesis-'));
  let server: TestServer;
  let audits: Audits;
  let python: string;
  before(async function () {
    const found = pythonOf('serving');
    if ('absent' in found) skip(this, found.absent);
    python = found.python;
    writeFixture(folder.path);
    for (const [label, name] of CLASSES.entries()) {
      mkdirSync(join(scratch, 'data', 'photos', name), { recursive: true });
      writeFileSync(join(scratch, 'data', 'photos', name, 'one.png'), await png(label));
    }
    writeFileSync(join(scratch, 'keys.json'), JSON.stringify({ keys: [{ name: 'all', key: KEY, scopes: ['infer', 'audit', 'admin'] }] }));
    const log = pino({ level: 'silent' });
    const places = { folder: join(scratch, 'audits'), dataFolder: join(scratch, 'data'), modelsFolder: folder.path };
    audits = new Audits({ ...places, running: 1, waiting: 1_000, workers: 1, device: 'cpu', log });
    server = await serveFolder(folder.path, { server: { audits, keys: new Keyring(join(scratch, 'keys.json')) } });
  });
  after(async () => {
    await server?.close();
    await audits?.close();
    folder.remove();
    rmSync(scratch, { recursive: true, force: true });
  });

  it(`${EXAMPLES} examples of every operation find nothing`, async function () {
    this.timeout(0);
    const config = join(import.meta.dirname, 'schemathesis.toml');
    const phases = 'examples,coverage,fuzzing,stateful';
    const { code, output } = await run(python.replace(/python$/, 'schemathesis'), [
      ...['--config-file', config, 'run', `${server.url}/openapi.json`, '--checks', 'all', '--phases', phases],
      ...['--max-examples', String(EXAMPLES), '--seed', String(SEED), '--header', `Authorization: Bearer ${KEY}`],
      ...['--continue-on-failure', '--suppress-health-check', 'all', '--no-color', '--warnings', 'off'],
    ]);
    assert.equal(code, 0, output.slice(-20_000));
    // Some families of errors tell failures of the server by another status than 5xx.
    const failures = server.logs.filter(({ errorCode }) => errorCode === 'internal');
    assert.deepEqual(failures, []);
  });
});

/** In a folder of its own, because it leaves what it found there. */
function run(program: string, args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const cwd = mkdtempSync(join(tmpdir(), 'robenc-schemathesis-run-'));
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  return new Promise<{ code: number | null; output: string }>((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ code, output }));
  }).finally(() => rmSync(cwd, { recursive: true, force: true }));
}
