/** @file The watch over requests that hang: it tells them from those that take long. */
import assert from 'node:assert/strict';
import { unlessItHangs } from './hang-watch.js';
import { modelsFolder, writeFixture } from './package-fixture.js';
import { LONG_CHECK, png, post, serveFolder, type TestServer } from './server-fixture.js';

const LOOKS = 25;

describe('the watch over requests that hang', () => {
  const folder = modelsFolder();
  let server: TestServer;
  before(async () => {
    writeFixture(folder.path);
    server = await serveFolder(folder.path);
  });
  after(async () => {
    await server.close();
    folder.remove();
  });

  it('a request that is never answered while nothing is computed is told', async () => {
    const never = new Promise<never>(() => undefined);
    await assert.rejects(
      unlessItHangs(server, never, () => 0, LOOKS),
      /answered 25 other requests and computed nothing/,
    );
  });

  it('one that computes for long, and one that goes on step by step, are waited for', async () => {
    const image = (await png(1)).toString('base64');
    const long = post(`${server.url}/v1/robustness`, { images: Array<string>(8).fill(image), ...LONG_CHECK, restarts: 1 });
    assert.equal((await unlessItHangs(server, long, () => 0, LOOKS)).status, 200);
    let steps = 0;
    const stepping = (async () => {
      for (; steps < 4 * LOOKS; steps++) await fetch(`${server.url}/healthz`);
      return 'done';
    })();
    assert.equal(await unlessItHangs(server, stepping, () => steps, LOOKS), 'done');
  });
});
