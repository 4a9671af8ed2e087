/** @file POST /v1/robustness at several radii, at the smallest that breaks, within 8 bits, in L2, and with certificates; what it reports is confirmed by asking again. */
import assert from 'node:assert/strict';
import type { ErrorBody } from '@robenc/serve/errors.js';
import type { Result } from '@robenc/serve/routes/robustness-schema.js';
import { modelsFolder, writeFixture } from './package-fixture.js';
import { pngs, post, serveFolder, type TestServer } from './server-fixture.js';

interface Checked {
  threat: { norm: string; epsilon: number };
  results: Result[];
}
interface Classified {
  results: { prediction: { index: number } }[];
}

describe('robustness checks in depth', () => {
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
  const check = async (body: object): Promise<Checked> => {
    const answer = await post<Checked>(`${server.url}/v1/robustness`, body);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body;
  };
  const refused = async (body: object): Promise<ErrorBody['error']> => {
    const { status, body: answer } = await post<ErrorBody>(`${server.url}/v1/robustness`, body);
    assert.equal(status, 400, JSON.stringify(answer));
    return answer.error;
  };
  const classes = async (sent: readonly string[]): Promise<number[]> => {
    const { body } = await post<Classified>(`${server.url}/v1/classify`, { images: sent });
    return body.results.map(({ prediction }) => prediction.index);
  };

  it('several radii are those of one radius each until an image is broken, and stay broken from there on', async () => {
    const sent = await pngs(400, 8);
    const epsilons = ['1/255', '2/255', '3/255'];
    const { results, threat } = await check({ images: sent, epsilons: ['3/255', '1/255', '2/255'], steps: 8 });
    assert.equal(threat.epsilon, 3 / 255);
    const alone = await Promise.all(epsilons.map((epsilon) => check({ images: sent, epsilon, steps: 8 })));
    results.forEach(({ radii, verdict, adversarial }, i) => {
      assert.deepEqual(
        radii.map(({ epsilon }) => Math.round(epsilon * 255)),
        [1, 2, 3],
      );
      const broken = radii.findIndex((one) => one.verdict === 'not robust');
      radii.forEach((one, k) => {
        if (broken < 0 || k <= broken) assert.equal(one.verdict, alone[k]!.results[i]!.verdict);
        else assert.equal(one.verdict, 'not robust');
      });
      assert.deepEqual([verdict, adversarial!.index], [radii.at(-1)!.verdict, radii.at(-1)!.adversarial]);
    });
    assert.ok(new Set(results.map(({ verdict }) => verdict)).size > 1, 'some images withstand the attack and some do not');
  });

  it('the smallest radius lies between one that breaks and one that does not, as close as was asked', async () => {
    const sent = await pngs(420, 6);
    const tolerance = 0.2 / 255;
    const { results } = await check({ images: sent, epsilon: '8/255', steps: 8, smallest: true, tolerance });
    const found = results.filter(({ smallest }) => smallest !== null);
    assert.ok(found.length >= 3, JSON.stringify(results.map(({ smallest }) => smallest)));
    for (const [i, { smallest, verdict }] of results.entries()) {
      if (smallest === null) {
        assert.equal(verdict, 'not proven robust');
        continue;
      }
      assert.ok(smallest.broken - smallest.unbroken <= tolerance && smallest.broken <= 8 / 255, JSON.stringify(smallest));
      // The step is a quarter of the radius by default, and so it is when the radius is asked for by itself.
      for (const [epsilon, expected] of [
        [smallest.broken, 'not robust'],
        [smallest.unbroken, 'not proven robust'],
      ] as const)
        assert.equal((await check({ image: sent[i], epsilon, steps: 8 })).results[0]!.verdict, expected, `image ${i} at ${epsilon}`);
    }
  });

  it('with quantized the PNG is within the ball and is classified as reported, in every case', async () => {
    const epsilon = 4 / 255;
    const sent = await pngs(500, 48);
    let flips = 0;
    for (let start = 0; start < sent.length; start += 16) {
      const { results } = await check({ images: sent.slice(start, start + 16), epsilon, steps: 8, quantized: true, adversarialImage: true });
      const again = await classes(results.map(({ adversarialImage }) => adversarialImage!.png));
      results.forEach(({ adversarial, adversarialImage, linf, flipped, verdict }, i) => {
        assert.equal(again[i], adversarial!.index);
        assert.equal(adversarialImage!.prediction!.index, adversarial!.index);
        assert.ok(linf <= epsilon + 1e-6 && adversarialImage!.linf <= epsilon + 1e-6, `linf ${linf}`);
        assert.equal(flipped, verdict === 'not robust');
        flips += Number(flipped);
      });
    }
    assert.ok(flips > 5 && flips < 48, `${flips} of 48 flipped`);
  });

  it('the adversarial array, sent back, is classified as reported', async () => {
    const [image] = await pngs(560, 1);
    const { results } = await check({ image, epsilon: '8/255', steps: 10, adversarialArray: true });
    const bytes = Buffer.from(results[0]!.adversarialArray!, 'base64');
    const { status, body } = await post<Classified>(`${server.url}/v1/classify`, bytes, { 'content-type': 'application/x-npy' });
    assert.deepEqual([status, body.results[0]?.prediction.index], [200, results[0]!.adversarial!.index], JSON.stringify(body));
  });

  it('in L2 the change is as long as epsilon at most, and may be longer than 1', async () => {
    const sent = await pngs(570, 4);
    const { results, threat } = await check({ images: sent, epsilon: 1.5, norm: 'l2', steps: 8 });
    assert.deepEqual([threat.norm, threat.epsilon], ['l2', 1.5]);
    for (const { l2 } of results) assert.ok(l2 > 0.5 && l2 <= 1.5 + 1e-5, `l2 ${l2}`);
    assert.equal((await refused({ image: sent[0], epsilon: 1.5 })).field, 'epsilon');
    assert.equal((await refused({ image: sent[0], epsilon: 1, norm: 'l2', quantized: true })).field, 'quantized');
  });

  it('certificates follow from the seed; little noise certifies the class of the image, and no radius is above what the draws allow', async () => {
    const [image] = await pngs(580, 1);
    const certificate = async (options: object) => (await check({ image, epsilon: 0, sigma: 0.01, draws: 200, ...options })).results[0]!.certificate!;
    const [clean] = await classes([image!]);
    const first = await certificate({});
    assert.deepEqual(await certificate({}), first);
    assert.equal(first.index, clean);
    // 200 of 200 with alpha 0.001: the bound is alpha^(1/200), and the radius sigma times its quantile.
    assert.ok(first.probability <= 0.001 ** (1 / 200) + 1e-9, `probability ${first.probability}`);
    assert.ok(first.radius! > 0 && first.radius! <= 0.01 * 1.83, `radius ${first.radius}`);
    const noisy = await certificate({ sigma: 10, draws: 50 });
    assert.ok(noisy.index === -1 ? noisy.radius === null : noisy.radius! > 0);
    assert.equal((await check({ image, epsilon: 0 })).results[0]!.certificate, null);
  });

  it('no radius, and both kinds, are refused', async () => {
    const [image] = await pngs(590, 1);
    assert.equal((await refused({ image })).field, 'epsilon');
    assert.equal((await refused({ image, epsilon: 0.1, epsilons: [0.2] })).field, 'epsilon');
    assert.match((await refused({ image, epsilons: [0.1, 'x'] })).field ?? '', /epsilons\[1\]/);
  });
});
