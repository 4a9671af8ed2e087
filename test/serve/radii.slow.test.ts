/** @file A thousand reported adversarial images, sent back, are classified as reported; within 8 bits too. */
import assert from 'node:assert/strict';
import type { Result } from '@robenc/serve/routes/robustness-schema.js';
import { modelsFolder, writeFixture } from './package-fixture.js';
import { pngs, post, serveFolder, type TestServer } from './server-fixture.js';

const CASES = 1000;
const AT_ONCE = 16;

describe('a thousand adversarial images', () => {
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

  for (const quantized of [false, true])
    it(`are what the check said they are${quantized ? ', rounded to 8 bits within the ball' : ''}`, async () => {
      let flips = 0;
      for (let first = 0; first < CASES; first += AT_ONCE) {
        const count = Math.min(AT_ONCE, CASES - first);
        const images = await pngs(5000 + first, count);
        const asked = { images, epsilon: '4/255', steps: 8, quantized, adversarialImage: true, adversarialArray: true };
        const { results } = (await post<{ results: Result[] }>(`${server.url}/v1/robustness`, asked)).body;
        const files = results.map(({ adversarialImage }) => adversarialImage!.png);
        const stored = (await post<{ results: { prediction: { index: number } }[] }>(`${server.url}/v1/classify`, { images: files })).body.results;
        for (const [i, { adversarial, adversarialImage, adversarialArray, verdict }] of results.entries()) {
          const array = Buffer.from(adversarialArray!, 'base64');
          const { body } = await post<{ results: { prediction: { index: number } }[] }>(`${server.url}/v1/classify`, array, {
            'content-type': 'application/x-npy',
          });
          assert.equal(body.results[0]!.prediction.index, adversarial!.index, `image ${first + i} as floats`);
          assert.equal(stored[i]!.prediction.index, quantized ? adversarial!.index : adversarialImage!.prediction!.index, `image ${first + i} as PNG`);
          flips += Number(verdict === 'not robust');
        }
      }
      assert.ok(flips > CASES / 10 && flips < CASES, `${flips} of ${CASES} flipped`);
    });
});
