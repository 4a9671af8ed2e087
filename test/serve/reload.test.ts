/** @file New versions while requests are answered: promotion, canary share, and versions that cannot be served. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { promote } from '@robenc/shared/package/registry.js';
import { modelsFolder, writeFixture } from './package-fixture.js';
import { get, png, post, serveFolder, type TestServer } from './server-fixture.js';

describe('new versions', () => {
  const folders: ReturnType<typeof modelsFolder>[] = [];
  const servers: TestServer[] = [];
  let image: string;
  before(async () => void (image = (await png(1)).toString('base64')));
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
    folders.splice(0).forEach((folder) => folder.remove());
  });

  /** A server over version 1; more are written and promoted by the tests. */
  async function serve(options: Parameters<typeof serveFolder>[1] = {}, name = 'tiny'): Promise<{ server: TestServer; models: string }> {
    const folder = modelsFolder();
    folders.push(folder);
    writeFixture(folder.path, { name, aggregate: false, seed: 1 });
    const server = await serveFolder(folder.path, options);
    servers.push(server);
    return { server, models: folder.path };
  }
  const version = async ({ url }: TestServer, id?: string): Promise<string | null> => {
    const { status, headers, body } = await post(`${url}/v1/embed`, { image }, id === undefined ? {} : { 'x-request-id': id });
    assert.equal(status, 200, JSON.stringify(body));
    return headers.get('x-robenc-model');
  };

  it('a promotion under load fails no request; each is answered whole by one version, and none by the old one afterwards', async () => {
    const { server, models } = await serve();
    const seen: (string | null)[] = [];
    let promoted = false;
    const client = async () => {
      while (!promoted) seen.push(await version(server));
      for (let i = 0; i < 5; i++) assert.equal(await version(server), 'tiny@2');
    };
    const change = async () => {
      while (seen.length < 20) await version(server);
      writeFixture(models, { aggregate: false, seed: 2 });
      promote(models, { name: 'tiny', version: '2', label: 'latest' });
      const changes = await server.engine.sync();
      promoted = true;
      assert.deepEqual(
        changes.map(({ change: kind, model }) => `${kind} ${model}`),
        ['opened tiny@2', 'closed tiny@1'],
      );
    };
    await Promise.all([change(), client(), client(), client(), client()]);
    assert.ok(seen.every((id) => id === 'tiny@1' || id === 'tiny@2'));
    assert.ok(!server.logs.some((line) => Number(line['status']) >= 400));
  });

  it('a rollback goes the same way back', async () => {
    const { server, models } = await serve();
    writeFixture(models, { aggregate: false, seed: 2 });
    await server.engine.sync();
    assert.equal(await version(server), 'tiny@2');
    promote(models, { name: 'tiny', version: '1', label: 'latest' });
    await server.engine.sync();
    assert.equal(await version(server), 'tiny@1');
  });

  it('a version that is damaged is refused with the reason, once, and the one before goes on', async () => {
    const { server, models } = await serve();
    const { folder } = writeFixture(models, { aggregate: false, seed: 2 });
    const path = join(folder, 'encoder.onnx');
    truncateSync(path, readFileSync(path).length >> 1);
    const [refused, ...others] = await server.engine.sync();
    assert.deepEqual([refused!.change, refused!.model, others], ['refused', 'tiny@2', []]);
    assert.match(refused!.reason!, /encoder\.onnx has \d+ bytes/);
    assert.deepEqual(await server.engine.sync(), []);
    assert.equal(await version(server), 'tiny@1');
  });

  it('the canary gets its share of the requests that name no version, the same ones each time, and none of the others', async () => {
    const { server, models } = await serve({ canaryShare: 0.3 });
    writeFixture(models, { aggregate: false, seed: 2 });
    promote(models, { name: 'tiny', version: '1', label: 'latest' });
    promote(models, { name: 'tiny', version: '2', label: 'canary' });
    await server.engine.sync();
    const ids = Array.from({ length: 150 }, (_, i) => `request-${i}`);
    const first = await Promise.all(ids.map((id) => version(server, id)));
    assert.deepEqual(await Promise.all(ids.map((id) => version(server, id))), first);
    const share = first.filter((id) => id === 'tiny@2').length / ids.length;
    assert.ok(share > 0.2 && share < 0.4, `share ${share}`);
    const named = await Promise.all(ids.map((id) => post(`${server.url}/v1/embed`, { image, model: 'tiny@1' }, { 'x-request-id': id })));
    assert.ok(named.every(({ headers }) => headers.get('x-robenc-model') === 'tiny@1'));
  });

  const served = ({ engine }: TestServer) => engine.models.entries.map(({ model }) => model.id);
  const damaged = (models: string, seed: number) => {
    const path = join(writeFixture(models, { aggregate: false, seed }).folder, 'encoder.onnx');
    truncateSync(path, readFileSync(path).length >> 1);
  };

  it('a load that cannot be is refused every time with the reason, and changes nothing', async () => {
    const { server, models } = await serve();
    damaged(models, 2);
    promote(models, { name: 'tiny', version: '1', label: 'latest' });
    for (let i = 0; i < 2; i++) {
      await assert.rejects(server.engine.load('tiny@2'), {
        code: 'bad-input',
        field: 'model',
        message: /^tiny@2 cannot be served: .*encoder\.onnx has \d+ bytes/,
      });
      assert.deepEqual(served(server), ['tiny@1']);
      assert.equal(await version(server), 'tiny@1');
    }
    assert.deepEqual(await server.engine.sync(), []);
    assert.equal(server.engine.refused.size, 0);
  });

  it('a version sent away stays away beside one that is refused, and a refused one can be sent away', async () => {
    const { server, models } = await serve();
    damaged(models, 2);
    await server.engine.sync();
    assert.deepEqual([...server.engine.refused.keys()], ['tiny@2']);
    const index = async (body: object) => (await post<{ state: string }[]>(`${server.url}/v2/repository/index`, body)).body.map(({ state }) => state);
    assert.deepEqual([await index({}), await index({ ready: true })], [['READY', 'UNAVAILABLE'], ['READY']]);
    await server.engine.unload('tiny@1');
    assert.deepEqual(served(server), []);
    const { status, body } = await get<{ models: string[] }>(`${server.url}/readyz`);
    assert.deepEqual([status, body.models], [200, []], 'whoever loads one must get through');
    await server.engine.unload('tiny@2');
    assert.equal(server.engine.refused.size, 0);
    await server.engine.load('tiny@1');
    assert.deepEqual(served(server), ['tiny@1']);
  });

  it('a version that was loaded and is gone from the folder does not keep others from coming', async () => {
    const { server, models } = await serve();
    const { folder } = writeFixture(models, { aggregate: false, seed: 2 });
    promote(models, { name: 'tiny', version: '1', label: 'latest' });
    await server.engine.load('tiny@2');
    assert.deepEqual(served(server), ['tiny@1', 'tiny@2']);
    assert.equal(await version(server), 'tiny@1', 'one name is served, so none need be given');
    rmSync(folder, { recursive: true });
    writeFixture(models, { aggregate: false, seed: 3, version: '3' });
    promote(models, { name: 'tiny', version: '3', label: 'latest' });
    await server.engine.sync();
    assert.deepEqual(served(server), ['tiny@3']);
  });

  it('a load that fails takes back nothing that was loaded before it', async () => {
    const { server, models } = await serve({ references: ['other'] }, 'other');
    writeFixture(models, { aggregate: false, seed: 1 });
    await server.engine.load('tiny');
    assert.deepEqual(served(server), ['other@1', 'tiny@1']);
    damaged(models, 2);
    await assert.rejects(server.engine.load('tiny'), { code: 'bad-input', message: /^tiny@2 cannot be served/ });
    await server.engine.sync();
    assert.deepEqual(served(server), ['other@1', 'tiny@1']);
  });

  it('a name that was sent away and loaded again follows its latest version', async () => {
    const { server, models } = await serve();
    await server.engine.unload('tiny');
    await server.engine.load('tiny');
    writeFixture(models, { aggregate: false, seed: 2 });
    await server.engine.sync();
    assert.deepEqual(served(server), ['tiny@2']);
  });

  it('changes are told once each, whoever asked for them', async () => {
    const told: string[] = [];
    const { server, models } = await serve({ onChange: ({ change, model }) => told.push(`${change} ${model}`) });
    writeFixture(models, { aggregate: false, seed: 2 });
    await Promise.all([server.engine.load('tiny@1'), server.engine.sync(), server.engine.sync()]);
    await server.engine.unload('tiny@1');
    assert.deepEqual(told, ['opened tiny@2', 'closed tiny@1']);
  });
});
