/** @file Two hundred changes of version under load: no request fails, every answer is that of the version that it names, and memory comes back. */
import assert from 'node:assert/strict';
import { promote } from '@robenc/shared/package/registry.js';
import { modelsFolder, writeFixture } from './package-fixture.js';
import { png, post, serveFolder, type TestServer } from './server-fixture.js';

const SWAPS = 200;
/** What is opened for the first time stays in memory: measured from here on. */
const SETTLED = 50;
const CLIENTS = 4;

describe(`${SWAPS} changes of version under load`, () => {
  const folder = modelsFolder();
  let server: TestServer;
  let image: string;
  before(async () => {
    writeFixture(folder.path, { aggregate: false, seed: 1 });
    writeFixture(folder.path, { aggregate: false, seed: 2 });
    server = await serveFolder(folder.path, { workers: 2 });
    image = (await png(1)).toString('base64');
  });
  after(async () => {
    await server.close();
    folder.remove();
  });

  const embed = async (): Promise<readonly [string, string]> => {
    const { status, headers, body } = await post<{ embeddings: string[] }>(`${server.url}/v1/embed`, { image, encoding: 'base64' });
    assert.equal(status, 200, JSON.stringify(body));
    return [headers.get('x-robenc-model')!, body.embeddings[0]!];
  };
  const point = async (version: string) => {
    promote(folder.path, { name: 'tiny', version, label: 'latest' });
    await server.engine.sync();
  };

  it('no request fails, answers are those of their version, and memory grows by at most 1 MB a change', async function () {
    this.timeout(30 * 60_000);
    const references = new Map<string, string>();
    for (const version of ['1', '2']) {
      await point(version);
      references.set(...(await embed()));
    }
    assert.deepEqual([...references.keys()], ['tiny@1', 'tiny@2']);
    const seen = new Map<string, number>();
    let over = false;
    const client = async () => {
      while (!over) {
        const [id, embedding] = await embed();
        assert.equal(embedding, references.get(id), id);
        seen.set(id, (seen.get(id) ?? 0) + 1);
      }
    };
    let settled = 0;
    const change = async () => {
      for (let swap = 0; swap < SWAPS; swap++) {
        if (swap === SETTLED) settled = process.memoryUsage.rss();
        await point(swap % 2 === 0 ? '1' : '2');
      }
      over = true;
    };
    await Promise.all([change(), ...Array.from({ length: CLIENTS }, client)]);
    assert.ok(
      [...references.keys()].every((id) => (seen.get(id) ?? 0) > 10),
      JSON.stringify([...seen]),
    );
    assert.ok(!server.logs.some((line) => Number(line['status']) >= 400));
    const growth = (process.memoryUsage.rss() - settled) / (SWAPS - SETTLED) / 2 ** 20;
    assert.ok(growth <= 1, `${growth.toFixed(2)} MB a change`);
  });
});
