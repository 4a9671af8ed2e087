/** @file An image's answer does not depend on its company, nor on which worker gave it; and every answer can be traced. */
import assert from 'node:assert/strict';
import { Random } from '@robenc/shared/math/random.js';
import { modelsFolder, writeFixture } from './package-fixture.js';
import { pngs, post, serveFolder, type Answer, type TestServer } from './server-fixture.js';

const IMAGES = 12;
const ROUNDS = 10;
const SEED = 5;

interface Embedded {
  embeddings: string[];
}

describe('answers in any company', () => {
  const folder = modelsFolder();
  let server: TestServer;
  let images: string[];
  before(async () => {
    writeFixture(folder.path);
    server = await serveFolder(folder.path, { workers: 2, batchRows: 8 });
    images = await pngs(1, IMAGES);
  });
  after(async () => {
    await server.close();
    folder.remove();
  });
  const embed = (some: readonly number[]): Promise<Answer<Embedded>> =>
    post(`${server.url}/v1/embed`, { images: some.map((i) => images[i]!), encoding: 'base64' }, { 'x-request-id': `mix-${some.join('-')}` });

  it(`are bit-identical alone and in ${ROUNDS} random mixes over two workers (seed ${SEED})`, async () => {
    const random = new Random(SEED, 'mixes');
    const alone: string[] = [];
    for (let i = 0; i < IMAGES; i++) alone.push((await embed([i])).body.embeddings[0]!);
    const sizes = new Set<string | null>();
    for (let round = 0; round < ROUNDS; round++) {
      const requests = Array.from({ length: 8 }, () => Array.from({ length: 1 + random.integer(6) }, () => random.integer(IMAGES)));
      const answers = await Promise.all(requests.map(embed));
      answers.forEach(({ status, headers, body }, r) => {
        assert.equal(status, 200);
        sizes.add(headers.get('x-robenc-batch-rows'));
        assert.deepEqual(
          body.embeddings,
          requests[r]!.map((i) => alone[i]!),
        );
      });
    }
    assert.ok(sizes.size > 2, `the mixes made batches of different sizes: ${[...sizes].join(', ')}`);
  });

  it('say which model, on which device, in which batch, how long they waited and were computed; the log line says the same', async () => {
    const { headers } = await embed([7]);
    const says = (name: string) => headers.get(`x-robenc-${name}`)!;
    const line = server.logs.findLast(({ requestId }) => requestId === 'mix-7')!;
    assert.deepEqual([says('model'), says('device'), says('batch-rows')], ['tiny@1', 'cpu', '1']);
    assert.equal(says('model-digest'), server.engine.models.get(undefined).digest);
    assert.deepEqual([line['model'], line['batch'], line['batchRows']], ['tiny@1', Number(says('batch')), 1]);
    assert.ok(says('model-digest').startsWith(line['digest'] as string));
    assert.ok(Math.abs((line['runMs'] as number) * 1000 - Number(says('run-us'))) <= 10);
    assert.ok(Number(says('queue-us')) >= 0);
  });
});
