/** @file POST /v1/robustness: what it reports is what a second look at the images confirms. */
import assert from 'node:assert/strict';
import { pgd } from '@robenc/shared/attacks/pgd.js';
import type { ErrorBody } from '@robenc/serve/errors.js';
import { createBatch } from '@robenc/shared/attacks/batch.js';
import { decodeImage } from '@robenc/shared/images/decode.js';
import { toTensor } from '@robenc/shared/images/image.js';
import { crossEntropyRow } from '@robenc/shared/math/logits.js';
import { USABLE } from '@robenc/serve/routes/robustness-schema.js';
import { oracleOf } from '@robenc/serve/engine/oracle.js';
import { CLASSES, modelsFolder, SIDE, writeFixture } from './package-fixture.js';
import { png, pngs, post, serveFolder, type TestServer } from './server-fixture.js';

interface Prediction {
  index: number;
  label: string;
  probability: number;
}
interface Checked {
  attack: { name: string; options: Record<string, unknown>; seed: number };
  threat: { model: string; norm: string; epsilon: number };
  results: {
    verdict: string;
    label: { index: number; label: string; source: string };
    clean: Prediction;
    adversarial: Prediction;
    flipped: boolean;
    loss: { before: number; after: number };
    embeddingCosineShift: number;
    linf: number;
    gradientEvaluations: number;
    adversarialImage: { png: string; prediction: Prediction; linf: number } | null;
  }[];
  statement: string;
}

/** Small enough that some images of the fixture withstand it, and large enough that some do not. */
const EPSILON = 3 / 255;

describe('robustness checks', () => {
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
    const answer = await post<Checked>(`${server.url}/v1/robustness`, { epsilon: '8/255', ...body });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body;
  };

  it('finds adversarial images within the ball, and the PNG sent back is classified as reported', async () => {
    const sent = await pngs(200, 16);
    const { results, threat, attack } = await check({ images: sent, epsilon: EPSILON, adversarialImage: true, steps: 10, stepSize: EPSILON / 4, seed: 3 });
    assert.deepEqual([threat.model, threat.norm, threat.epsilon], ['image', 'linf', EPSILON]);
    assert.deepEqual([attack.name, attack.options['steps'], attack.options['stepSize'], attack.seed], ['pgd', 10, EPSILON / 4, 3]);
    const flipped = results.filter((result) => result.flipped);
    assert.ok(flipped.length >= 4 && flipped.length <= 15, `${flipped.length} of 16 flipped; the test needs both kinds`);
    const returned = await post<{ results: { prediction: Prediction }[] }>(`${server.url}/v1/classify`, {
      images: results.map((result) => result.adversarialImage!.png),
    });
    const clean = await post<{ results: { prediction: Prediction }[] }>(`${server.url}/v1/classify`, { images: sent });
    results.forEach((result, i) => {
      assert.deepEqual(result.adversarialImage!.prediction, returned.body.results[i]!.prediction);
      assert.deepEqual(result.clean, clean.body.results[i]!.prediction);
      assert.equal(result.flipped, result.adversarial.index !== result.clean.index);
      assert.equal(result.verdict, result.flipped ? 'not robust' : 'not proven robust');
      assert.deepEqual(result.label, { index: result.clean.index, label: CLASSES[result.clean.index], source: 'prediction' });
      assert.ok(result.linf <= EPSILON + 1e-6 && result.adversarialImage!.linf <= EPSILON + 1 / 510 + 1e-6);
      assert.ok(result.loss.after >= result.loss.before);
      assert.ok(result.embeddingCosineShift >= 0 && result.embeddingCosineShift <= 2);
    });
  });

  it('is the very attack of the shared table, run on the same pixels', async () => {
    const [image] = await pngs(300, 1);
    const model = server.engine.models.get(undefined);
    const pixels = toTensor([await decodeImage(Buffer.from(image!, 'base64'))]);
    const oracle = oracleOf(model, { compute: server.engine.dispatcher });
    const logits = await oracle.forward(createBatch(pixels.data as Float32Array, [3, SIDE, SIDE]));
    const labels = Int32Array.of(logits.indexOf(Math.max(...logits)));
    const options = { epsilon: 0.02, steps: 7, stepSize: 0.006, randomStart: true, restarts: 2 };
    const [outcome] = await pgd.run({ oracle, x: createBatch(pixels.data as Float32Array, [3, SIDE, SIDE], ['image']), labels, options, seed: 11 });
    const [result] = (await check({ image, ...options, seed: 11 })).results;
    assert.deepEqual(
      [result!.loss.before, result!.loss.after, result!.linf, result!.gradientEvaluations],
      [outcome!.lossBefore, outcome!.lossAfter, outcome!.linf, outcome!.iterations],
    );
    assert.equal(outcome!.lossBefore, crossEntropyRow(logits, CLASSES.length, 0, labels[0]!));
    assert.equal(result!.adversarial.index, outcome!.adversarialPrediction);
  });

  it('square tries as many points as queries says, and other attacks refuse the option', async () => {
    const [image] = await pngs(310, 1);
    const robust = await check({ image, attack: 'square', queries: 20, epsilon: 0.001 });
    assert.equal(robust.attack.options['queries'], 20);
    const refused = await post<ErrorBody>(`${server.url}/v1/robustness`, { image, epsilon: 0.01, queries: 20 });
    assert.equal(refused.status, 400, JSON.stringify(refused.body));
  });

  it('an image fares the same alone, in a list, and while others are checked', async () => {
    const sent = await pngs(320, 6);
    const options = { steps: 8, seed: 5 };
    const together = (await check({ images: sent, ...options })).results;
    const alone = await Promise.all(sent.map(async (image) => (await check({ image, ...options })).results[0]!));
    assert.deepEqual(together, alone);
  });

  it('another seed starts elsewhere; without random start the seed does not matter', async () => {
    const [image] = await pngs(340, 1);
    const loss = async (options: object) => (await check({ image, epsilon: 0.002, steps: 2, ...options })).results[0]!.loss.after;
    assert.notEqual(await loss({ seed: 1 }), await loss({ seed: 2 }));
    assert.equal(await loss({ seed: 1, randomStart: false }), await loss({ seed: 2, randomStart: false }));
  });

  it('a label that the model already gets wrong is called misclassified, not attacked, by name or index', async () => {
    const [image] = await pngs(350, 1);
    const clean = (await check({ image, epsilon: 0 })).results[0]!.clean.index;
    const wrong = (clean + 1) % CLASSES.length;
    for (const label of [CLASSES[wrong], wrong, String(wrong)]) {
      const [result] = (await check({ image, label })).results;
      assert.deepEqual(result!.label, { index: wrong, label: CLASSES[wrong], source: 'request' });
      assert.deepEqual([result!.verdict, result!.flipped, result!.linf], ['misclassified', false, 0]);
    }
    const [right] = (await check({ image, labels: [CLASSES[clean]], epsilon: 0 })).results;
    assert.deepEqual([right!.verdict, right!.label.source], ['not proven robust', 'request']);
  });

  it('epsilon 0 changes nothing, and still is no proof', async () => {
    const [image] = await pngs(360, 1);
    const { results, statement } = await check({ image, epsilon: 0, attack: 'fgsm' });
    assert.deepEqual([results[0]!.linf, results[0]!.flipped, results[0]!.verdict, results[0]!.embeddingCosineShift], [0, false, 'not proven robust', 0]);
    assert.match(statement, /not proven robust/);
    assert.ok(!/\bsafe\b/i.test(JSON.stringify({ results, statement })));
  });

  it('an attack that the server cannot run is refused by name, and the answer lists only those that it can', async () => {
    const [image] = await pngs(365, 1);
    for (const attack of ['apgd-t', 'fab', 'fab-t', 'ladder', 'standard', 'pgdd']) {
      const { status, body } = await post<ErrorBody>(`${server.url}/v1/robustness`, { image, epsilon: 0.01, attack });
      assert.deepEqual([status, body.error.field], [400, 'attack'], attack);
      assert.ok(body.error.message.endsWith(`There are: ${USABLE.join(', ')}.`), body.error.message);
    }
  });

  it('options work in the address too, where the body is the image itself', async () => {
    const file = await png(370);
    const answer = await post<Checked>(`${server.url}/v1/robustness?epsilon=4%2F255&attack=fgsm&label=star`, file, { 'content-type': 'image/png' });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    assert.deepEqual([answer.body.attack.name, answer.body.threat.epsilon, answer.body.results[0]!.label.label], ['fgsm', 4 / 255, 'star']);
  });
});
