/** @file Who may do what, how often, from where, and over which channel. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Keyring } from '@robenc/serve/access/keyring.js';
import { Rates } from '@robenc/serve/access/rates.js';
import type { ErrorBody } from '@robenc/serve/errors.js';
import { tlsOf } from '@robenc/serve/process/tls.js';
import type { Settings } from '@robenc/serve/settings/settings.js';
import { refusal } from '../refusal.js';
import { skip } from '../skip.js';
import { modelsFolder, writeFixture } from './package-fixture.js';
import { get, png, post, serveFolder, type TestServer } from './server-fixture.js';

const INFER = 'infer-key-0123456789';
const ADMIN = 'admin-key-0123456789';

interface Changed {
  served: string[];
  changes: { change: string; model: string }[];
}

describe('access', () => {
  const folder = modelsFolder();
  const scratch = mkdtempSync(join(tmpdir(), 'robenc-access-'));
  const keyFile = join(scratch, 'keys.json');
  const servers: TestServer[] = [];
  let image: string;
  const serve = async (...options: Parameters<typeof serveFolder>) => {
    const server = await serveFolder(...options);
    servers.push(server);
    return server;
  };
  const writeKeys = (...keys: object[]) => writeFileSync(keyFile, JSON.stringify({ keys }));
  const infer = { name: 'app', sha256: createHash('sha256').update(INFER).digest('hex'), scopes: ['infer'] };
  const admin = { name: 'ops', key: ADMIN, scopes: ['admin'] };

  before(async () => {
    for (let i = 0; i < 2; i++) writeFixture(folder.path, { aggregate: false });
    image = (await png(1)).toString('base64');
  });
  afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));
  after(() => {
    folder.remove();
    rmSync(scratch, { recursive: true });
  });

  it('with keys: none and an unknown one get 401 with the scheme, a wrong scope 403, the right one 200, by either header; health needs none', async () => {
    writeKeys(infer, admin);
    const server = await serve(folder.path, { server: { keys: new Keyring(keyFile) } });
    const embed = (headers: Record<string, string>) => post<ErrorBody>(`${server.url}/v1/embed`, { image }, headers);
    for (const authorization of ['', 'Bearer', 'Bearer wrong-key-0123456789', `Basic ${INFER}`]) {
      const { status, body, headers: answer } = await embed(authorization === '' ? {} : { authorization });
      assert.deepEqual([status, body.error.code, answer.get('www-authenticate')], [401, 'unauthorized', 'Bearer realm="robenc"']);
    }
    const forbidden = await embed({ authorization: `Bearer ${ADMIN}` });
    assert.deepEqual([forbidden.status, forbidden.body.error.code], [403, 'forbidden']);
    assert.equal((await embed({ authorization: `Bearer ${INFER}` })).status, 200);
    assert.equal((await embed({ 'x-api-key': INFER })).status, 200);
    assert.equal((await get(`${server.url}/healthz`)).status, 200);
    const text = JSON.stringify(server.logs);
    assert.ok(text.includes('key app') && !text.includes(INFER) && !text.includes(ADMIN), 'the log names the key and never quotes it');
  });

  it('keys that change are read again, and a damaged file leaves those before', () => {
    writeKeys(admin);
    const keys = new Keyring(keyFile);
    const request = { headers: { 'x-api-key': INFER } } as never;
    assert.throws(() => keys.admit(request, 'infer'), { code: 'unauthorized' });
    writeKeys(infer, admin);
    keys.reload();
    assert.equal(keys.admit(request, 'infer'), 'app');
    writeFileSync(keyFile, `{"keys": [{"key": "${INFER}"`);
    assert.throws(
      () => keys.reload(),
      (error: Error) => error.message.includes(keyFile) && !error.message.includes(INFER),
    );
    assert.equal(keys.admit(request, 'infer'), 'app');
  });

  it('an administrator loads, unloads and labels versions; others may not', async () => {
    writeKeys(infer, admin);
    const server = await serve(folder.path, { references: ['tiny@1'], server: { keys: new Keyring(keyFile) } });
    const change = <T>(action: string, body: object, key = ADMIN) => post<T>(`${server.url}/v1/models/${action}`, body, { 'x-api-key': key });
    assert.equal((await change('load', { model: 'tiny@2' }, INFER)).status, 403);
    const loaded = await change<Changed>('load', { model: 'tiny@2' });
    assert.deepEqual([loaded.status, loaded.body.served.sort()], [200, ['tiny@1', 'tiny@2']]);
    assert.deepEqual(
      loaded.body.changes.map(({ change: kind, model }) => [kind, model]),
      [['opened', 'tiny@2']],
    );
    const used = await post(`${server.url}/v1/embed`, { image, model: 'tiny@2' }, { 'x-api-key': INFER });
    assert.equal(used.headers.get('x-robenc-model'), 'tiny@2');
    const unloaded = await change<Changed>('unload', { model: 'tiny@2' });
    assert.deepEqual(unloaded.body.served, ['tiny@1']);
    assert.equal((await post(`${server.url}/v1/embed`, { image, model: 'tiny@2' }, { 'x-api-key': INFER })).status, 404);
    const unknown = await change<ErrorBody>('load', { model: 'tiny@9' });
    assert.deepEqual([unknown.status, unknown.body.error.code], [404, 'model_not_found']);
    for (const [action, body] of [
      ['load', { model: '../x' }],
      ['labels', { model: 'tiny@1', version: '1' }],
    ] as const) {
      const strange = await change<ErrorBody>(action, body);
      assert.deepEqual([strange.status, strange.body.error.field], [400, 'model'], action);
    }
    const labelled = await change<Changed>('labels', { model: 'tiny', version: '1', label: 'production' });
    assert.equal(labelled.status, 200);
    assert.equal(readFileSync(join(folder.path, 'tiny', 'labels', 'production'), 'utf8'), '1\n');
    const byLabel = await post(`${server.url}/v1/embed`, { image, model: 'tiny@production' }, { 'x-api-key': INFER });
    assert.deepEqual([byLabel.status, byLabel.headers.get('x-robenc-model')], [200, 'tiny@1']);
  });

  it('a client above its rate gets 429 with the time to come back, and others go on', async () => {
    writeKeys(infer, { ...infer, name: 'other', sha256: undefined, key: ADMIN });
    const server = await serve(folder.path, { server: { keys: new Keyring(keyFile), rates: new Rates(2) } });
    const embed = (key: string) => post<ErrorBody>(`${server.url}/v1/embed`, { image }, { 'x-api-key': key });
    assert.deepEqual([(await embed(INFER)).status, (await embed(INFER)).status], [200, 200]);
    const refused = await embed(INFER);
    assert.deepEqual([refused.status, refused.body.error.code], [429, 'rate_limited']);
    const seconds = Number(refused.headers.get('retry-after'));
    assert.ok(seconds >= 1 && seconds <= 60, `retry-after ${seconds}`);
    assert.equal((await embed(ADMIN)).status, 200);
    assert.equal((await get(`${server.url}/readyz`)).status, 200);
  });

  it('scripts of other origins: none by default, those that are named with --cors, asked for without a key', async () => {
    writeKeys(infer);
    const origin = 'https://example.org';
    const shut = await serve(folder.path);
    assert.equal((await post(`${shut.url}/v1/embed`, { image }, { origin })).headers.get('access-control-allow-origin'), null);
    const open = await serve(folder.path, { server: { cors: [origin], keys: new Keyring(keyFile) } });
    const preflight = await fetch(`${open.url}/v1/embed`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type,x-api-key' },
    });
    assert.deepEqual([preflight.status, preflight.headers.get('access-control-allow-origin')], [204, origin]);
    assert.match(preflight.headers.get('access-control-allow-headers') ?? '', /x-api-key/);
    assert.equal(preflight.headers.get('x-content-type-options'), 'nosniff');
    const answer = await post(`${open.url}/v1/embed`, { image }, { origin, 'x-api-key': INFER });
    assert.deepEqual([answer.status, answer.headers.get('access-control-allow-origin')], [200, origin]);
    assert.match(answer.headers.get('access-control-expose-headers') ?? '', /x-request-id/i);
    const stranger = await post(`${open.url}/v1/embed`, { image }, { origin: 'https://evil.example', 'x-api-key': INFER });
    assert.equal(stranger.headers.get('access-control-allow-origin'), null);
    const all = await serve(folder.path, { server: { cors: ['*'] } });
    assert.equal((await post(`${all.url}/v1/embed`, { image }, { origin: 'https://evil.example' })).headers.get('access-control-allow-origin'), '*');
  });

  it('speaks HTTPS with a certificate', async function () {
    if (spawnSync('openssl', ['version']).status !== 0) skip(this, 'there is no openssl to make a certificate with');
    const [key, cert] = [join(scratch, 'key.pem'), join(scratch, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2', ...subject], { stdio: 'ignore' });
    const tls = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
    const server = await serve(folder.path, { server: { tls } });
    assert.match(server.url, /^https:/);
    const answer = await new Promise<IncomingMessage>((resolve, reject) =>
      httpsRequest(`${server.url}/readyz`, { ca: tls.cert, agent: false }, (response) => resolve(response.resume()))
        .on('error', reject)
        .end(),
    );
    assert.equal(answer.statusCode, 200);
    assert.match(String(answer.headers['strict-transport-security']), /max-age/);
    await assert.rejects(fetch(server.url.replace('https:', 'http:')), 'plain HTTP is not answered');
    const plain = await serve(folder.path);
    const { headers } = await fetch(`${plain.url}/healthz`);
    assert.deepEqual([headers.get('strict-transport-security'), /upgrade-insecure/.test(headers.get('content-security-policy')!)], [null, false]);
    const files: Record<string, string> = {
      cert: tls.cert,
      key: tls.key,
      other: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      text: '{}',
    };
    const tried = (tlsCert: string, tlsKey: string) => () => tlsOf({ tlsCert, tlsKey } as Settings, (path) => files[path]!);
    assert.deepEqual(tried('cert', 'key')(), tls);
    assert.throws(tried('text', 'key'), refusal('usage', /^text \(--tls-cert\) is no certificate in PEM form/));
    assert.throws(tried('cert', 'text'), refusal('usage', /^text \(--tls-key\) is no private key/));
    assert.throws(tried('cert', 'other'), refusal('usage', /^The key other is not that of the certificate cert/));
  });
});
