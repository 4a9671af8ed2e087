/** @file Threat models of POST /v1/robustness besides the whole image: their gradients are those of audits, and what they report is confirmed by a second look. */
import assert from 'node:assert/strict';
import { cropFeeds } from '@robenc/shared/evaluation/crops.js';
import { aggregateCropsGraph, aggregateImageGraph } from '@robenc/shared/evaluation/classifier-graph.js';
import { openOracle, type OpenOracle } from '@robenc/shared/evaluation/oracle.js';
import { fromOnnx } from '@robenc/shared/graph/from-onnx.js';
import { floats } from '@robenc/shared/graph/value.js';
import { Random } from '@robenc/shared/math/random.js';
import { displacementGraph } from '@robenc/shared/evaluation/displacement-graph.js';
import { threats } from '@robenc/serve/engine/threats/index.js';
import type { Attacked, ThreatContext } from '@robenc/serve/engine/threats/threat.js';
import type { ErrorBody } from '@robenc/serve/errors.js';
import { readNpy } from '@robenc/shared/images/npy.js';
import type { Result } from '@robenc/serve/routes/robustness-schema.js';
import { EMBEDDING_SIZE, modelsFolder, SIDE, writeFixture } from './package-fixture.js';
import { pngs, post, serveFolder, type TestServer } from './server-fixture.js';

interface Checked {
  threat: { model: string; crops: { count: number; scheme: string; seed: number } | null };
  results: Result[];
  statement: string;
}
const PIXELS = 3 * SIDE * SIDE;
const CROPS = { count: 3, scheme: 'crops', seed: 5 } as const;

describe('threat models of robustness checks', () => {
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

  const robustness = async (request: object): Promise<Checked> => {
    const { status, body } = await post<Checked>(`${server.url}/v1/robustness`, { steps: 10, ...request });
    assert.equal(status, 200, JSON.stringify(body));
    assert.ok(!/\bsafe\b/i.test(JSON.stringify(body)));
    assert.match(body.statement, /is not proven robust/);
    return body;
  };
  const images = (count: number, of = PIXELS) => Array.from({ length: count }, (_, i) => noise(i, of));
  const noise = (seed: number, size: number) => {
    const random = new Random(seed, 'pixels');
    return Float32Array.from({ length: size }, () => random.integer(256) / 255);
  };

  function context(points: readonly Float32Array[], rest: Partial<ThreatContext>): ThreatContext {
    const prepared = (data: Float32Array) => ({ rows: data.length / PIXELS, data, width: SIDE, height: SIDE });
    return {
      model: server.engine.models.get(undefined),
      images: points.map((data) => prepared(data.subarray(0, PIXELS))),
      cropped: points.map(prepared),
      crops: null,
      threshold: null,
      call: { compute: server.engine.dispatcher },
      prepareFile: () => Promise.reject(new Error('no file is stored here')),
      ...rest,
    };
  }

  /** Loss, logits and gradient of both, at points that are not the images themselves. */
  async function same(group: Attacked, other: OpenOracle, labels: Int32Array): Promise<void> {
    const data = Float32Array.from(group.x.data, (value, i) => Math.min(1, Math.max(0, value + 0.05 * Math.sin(i))));
    const x = { ...group.x, data };
    const [own, audited] = [await group.oracle.lossAndGradient(x, labels), await other.lossAndGradient(x, labels)];
    const forward = await group.oracle.forward(x);
    await other.close();
    for (const [found, expected] of [
      [own.loss, audited.loss],
      [own.logits, audited.logits],
      [forward, audited.logits],
      [own.gradient, audited.gradient],
    ] as const) {
      const scale = Math.max(...expected.map(Math.abs));
      assert.ok(scale > 0);
      assert.equal(found.length, expected.length);
      found.forEach((value, i) => assert.ok(Math.abs(value - expected[i]!) <= 2e-5 * scale, `${value} ${expected[i]} of ${scale}`));
    }
  }

  it('the gradient through crops is that of the graph which audits attack', async () => {
    const model = server.engine.models.get(undefined);
    const [encoder, head] = [fromOnnx(model.path!('encoder')!), fromOnnx(model.path!('aggregateHead')!)];
    const size = { height: SIDE, width: SIDE };
    const feeds = cropFeeds({ ...CROPS, output: size }, size);
    const ctx = context(images(2, CROPS.count * PIXELS), { crops: CROPS });
    const [group] = await threats.get('aggregate-image').build(ctx);
    await same(group!, await openOracle(aggregateImageGraph(encoder, head, CROPS.count, size), { workers: 1, feeds }), Int32Array.of(1, 3));
    const [each] = await threats.get('aggregate-crops').build(ctx);
    assert.deepEqual(each!.x.shape, [CROPS.count, 3, SIDE, SIDE]);
    await same(each!, await openOracle(aggregateCropsGraph(encoder, head, CROPS.count), { workers: 1 }), Int32Array.of(0, 4));
  });

  for (const [name, distance] of [
    ['embedding-distance', 'l2'],
    ['embedding-cosine', 'cosine'],
  ] as const)
    it(`the gradient of ${name} is that of the graph which audits attack`, async () => {
      const model = server.engine.models.get(undefined);
      const threshold = 0.7;
      const pixels = images(1);
      const [group] = await threats.get(name).build(context(pixels, { threshold }));
      const [anchor] = (await group!.embed(pixels))!;
      const scale = distance === 'l2' ? threshold ** 2 : threshold;
      const feeds = () => ({ anchor: floats(anchor!, [1, EMBEDDING_SIZE]), scale: floats(Float32Array.of(scale), [1, 1]) });
      await same(
        group!,
        await openOracle(displacementGraph(fromOnnx(model.path!('encoder')!), EMBEDDING_SIZE, distance), { workers: 1, feeds }),
        Int32Array.of(0),
      );
    });

  it('aggregate-image: the clean prediction is that of /v1/classify with the same crops, and the PNG sent back is classified as reported', async () => {
    const sent = await pngs(700, 12);
    const crops = { crops: 4, scheme: 'patches', seed: 9 };
    const { results, threat } = await robustness({ images: sent, threat: 'aggregate-image', epsilon: '4/255', ...crops, adversarialImage: true });
    assert.deepEqual([threat.model, threat.crops], ['aggregate-image', { count: 4, scheme: 'patches', seed: 9 }]);
    const classified = async (files: string[]) =>
      (await post<{ results: { prediction: object }[] }>(`${server.url}/v1/classify`, { images: files, ...crops })).body;
    const [before, after] = [await classified(sent), await classified(results.map(({ adversarialImage }) => adversarialImage!.png))];
    results.forEach((result, i) => {
      assert.deepEqual(result.clean, before.results[i]!.prediction);
      assert.deepEqual(result.adversarialImage!.prediction, after.results[i]!.prediction);
      assert.ok(result.linf <= 4 / 255 + 1e-6);
    });
    const verdicts = results.map(({ verdict }) => verdict);
    assert.deepEqual([...new Set(verdicts)].sort(), ['not proven robust', 'not robust'], verdicts.join());
  });

  it('aggregate-crops finds at least as much as aggregate-image, and gives the crops that it found', async () => {
    const sent = await pngs(720, 8);
    const request = { images: sent, epsilon: '3/255', seed: 2, randomStart: false };
    const whole = await robustness({ ...request, threat: 'aggregate-image' });
    const each = await robustness({ ...request, threat: 'aggregate-crops', adversarialArray: true });
    assert.deepEqual(each.threat.crops, { count: 4, scheme: 'patches', seed: 2 });
    const broken = ({ results }: Checked) => results.filter(({ verdict }) => verdict === 'not robust').length;
    assert.ok(broken(each) >= broken(whole) && broken(each) > 0, `${broken(each)} and ${broken(whole)}`);
    assert.deepEqual(readNpy(Buffer.from(each.results[0]!.adversarialArray!, 'base64')).shape, [4, 3, SIDE, SIDE]);
  });

  for (const threat of ['embedding-distance', 'embedding-cosine'])
    it(`${threat}: an image is not robust where its embedding moves beyond the threshold, as /v1/embed confirms`, async () => {
      const sent = await pngs(740, 6);
      const request = { images: sent, threat, epsilon: '6/255', adversarialArray: true };
      const { results } = await robustness(request);
      const { body: clean } = await post<{ embeddings: number[][] }>(`${server.url}/v1/embed`, { images: sent });
      const between = (a: number[], b: number[]) => {
        const dot = (u: number[], v: number[]) => u.reduce((sum, value, j) => sum + value * v[j]!, 0);
        return threat === 'embedding-cosine' ? 1 - dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)) : Math.hypot(...a.map((value, j) => value - b[j]!));
      };
      for (const [i, { embedding, verdict, label, loss, adversarialArray }] of results.entries()) {
        const nearest = Math.min(...clean.embeddings.filter((_, k) => k !== i).map((other) => between(clean.embeddings[i]!, other)));
        assert.ok(Math.abs(embedding!.threshold - nearest) < 1e-5 * (1 + nearest), `${embedding!.threshold} ${nearest}`);
        const { body } = await post<{ embeddings: number[][] }>(`${server.url}/v1/embed`, Buffer.from(adversarialArray!, 'base64'), {
          'content-type': 'application/x-npy',
        });
        const moved = between(clean.embeddings[i]!, body.embeddings[0]!);
        assert.ok(Math.abs(embedding!.distance - moved) < 1e-4 * (1 + moved), `${embedding!.distance} ${moved}`);
        assert.equal(verdict, embedding!.distance > embedding!.threshold ? 'not robust' : 'not proven robust');
        assert.deepEqual([label, loss], [null, null]);
      }
      const [alone] = (await robustness({ ...request, images: undefined, image: sent[0], threshold: results[0]!.embedding!.threshold })).results;
      assert.deepEqual(alone!.embedding, results[0]!.embedding);
      const near = await robustness({ ...request, threshold: 1e-3 });
      assert.ok(near.results.every(({ verdict }) => verdict === 'not robust'));
      const far = await robustness({ ...request, threshold: 1e3 });
      assert.ok(far.results.every(({ verdict, embedding }) => verdict === 'not proven robust' && embedding!.distance > 0));
    });

  it('options without a meaning in the threat model are refused, and so is a single image without a threshold', async () => {
    const [image] = await pngs(760, 1);
    for (const [request, field] of [
      [{ threat: 'embedding-cosine' }, 'threshold'],
      [{ threat: 'embedding-cosine', threshold: 0.1, label: 0 }, 'label'],
      [{ threat: 'embedding-distance', threshold: 0 }, 'threshold'],
      [{ threshold: 0.1 }, 'threshold'],
      [{ crops: 4 }, 'crops'],
      [{ threat: 'aggregate-crops', adversarialImage: true }, 'adversarialImage'],
      [{ threat: 'aggregate-image', sigma: 0.1 }, 'sigma'],
      [{ threat: 'crops' }, 'threat'],
    ] as const) {
      const { status, body } = await post<ErrorBody>(`${server.url}/v1/robustness`, { image, epsilon: 0.01, ...request });
      assert.deepEqual([status, body.error.field], [400, field], JSON.stringify(body));
    }
  });

  it('a model without a head for crops says so', async () => {
    const plain = modelsFolder();
    writeFixture(plain.path, { aggregate: false });
    const other = await serveFolder(plain.path);
    const [image] = await pngs(770, 1);
    const { status, body } = await post<ErrorBody>(`${other.url}/v1/robustness`, { image, epsilon: 0.01, threat: 'aggregate-image' });
    await other.close();
    plain.remove();
    assert.deepEqual([status, body.error.code], [400, 'bad_input']);
    assert.match(body.error.message, /no patch-aggregate head/);
  });

  it('the graphs of a threat model are made once, however many ask at the same time', async () => {
    const sent = await pngs(780, 3);
    const request = { threat: 'aggregate-image', epsilon: 0.01, steps: 2 };
    const [one, ...others] = await Promise.all(sent.map((image) => robustness({ image, ...request })));
    assert.deepEqual(
      (await robustness({ images: sent, ...request })).results,
      [one!, ...others].map(({ results }) => results[0]),
    );
    assert.deepEqual([...server.engine.models.get(undefined).made.keys()].sort(), ['cropEncoder', 'cropEncoderSlope', 'encoderSlope', 'headGradient']);
  });
});
