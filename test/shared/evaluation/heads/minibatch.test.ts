/** @file Heads that are fitted in epochs: the solvers reach the optimum, and robust epochs leave features that an attack can turn. */
import assert from 'node:assert/strict';
import { pgd } from '@robenc/shared/attacks/pgd.js';
import type { ImageSet } from '@robenc/shared/data/image-set.js';
import { evaluateThreat } from '@robenc/shared/evaluation/evaluate.js';
import { classifierGraph, headGraph } from '@robenc/shared/evaluation/classifier-graph.js';
import { embedSet } from '@robenc/shared/evaluation/embed.js';
import { fitHead, type MinibatchFit } from '@robenc/shared/evaluation/fit-heads.js';
import { attackedEmbeddings } from '@robenc/shared/evaluation/heads/attacked.js';
import { solvers } from '@robenc/shared/evaluation/heads/index.js';
import { fitMinibatchHead } from '@robenc/shared/evaluation/heads/minibatch.js';
import { fitLinearHead } from '@robenc/shared/evaluation/linear-probe.js';
import { openProducts, softmaxRegression } from '@robenc/shared/evaluation/softmax-regression.js';
import { measure, standardise } from '@robenc/shared/evaluation/standardise.js';
import { threatModels } from '@robenc/shared/evaluation/threats.js';
import { floats, type Graph } from '@robenc/shared/graph/value.js';
import { Random } from '@robenc/shared/math/random.js';
import { newBuilder } from '@robenc/shared/ops/index.js';

const SIZE = 8;
const PIXELS = 3 * SIZE * SIZE;
const COUNT = 200;

/**
 * Two classes. Every pixel tells the class by 3 levels, following a pattern: certain, but within 8/255 of being turned. The red mean tells it by 50
 * levels, in four images of five.
 */
function twoSigns(): ImageSet {
  const random = new Random(4, 'signs');
  const pixels = new Uint8Array(COUNT * PIXELS);
  const labels = Int32Array.from({ length: COUNT }, (_, i) => i % 2);
  labels.forEach((label, i) => {
    const sign = label === 1 ? 1 : -1;
    const red = random.next() < 0.8 ? sign : -sign;
    for (let p = 0; p < PIXELS; p++) pixels[i * PIXELS + p] = 128 + 3 * sign * pattern(p) + (p % 3 === 0 ? 50 * red : 0);
  });
  return { name: 'signs', count: COUNT, height: SIZE, width: SIZE, pixels, labels, classes: ['minus', 'plus'] };
}

/** Of pixel p of [height, width, channel]; sums to 0 over each channel, so that red does not count. */
function pattern(p: number): number {
  return Math.floor(p / 3) % 2 === 0 ? 1 : -1;
}

/** The two features: the pattern, and the mean of red. */
function twoFeatures(): Graph {
  const g = newBuilder();
  const image = g.input('image', 'float32', ['batch', 3, SIZE, SIZE]);
  const weights = new Float32Array(PIXELS * 2);
  for (let c = 0; c < 3; c++)
    for (let at = 0; at < SIZE * SIZE; at++) {
      weights[(c * SIZE * SIZE + at) * 2] = pattern(at * 3) / PIXELS;
      weights[(c * SIZE * SIZE + at) * 2 + 1] = c === 0 ? 1 / (SIZE * SIZE) : 0;
    }
  g.output('embedding', g.node('MatMul', [g.reshape(image, ['batch', PIXELS]), g.constant(floats(weights, [PIXELS, 2]))]));
  return g.build('encoder');
}

const OPTIONS = pgd.complete({ epsilon: 8 / 255, steps: 5, stepSize: 0.01, randomStart: false, earlyStop: false });

describe('heads fitted in epochs of small batches', () => {
  const noise = new Random(9, 'clusters');
  const labels = Int32Array.from({ length: 300 }, (_, i) => i % 3);
  const embeddings = Float32Array.from({ length: 300 * 4 }, (_, i) => 5 * (i % 4) + (labels[Math.floor(i / 4)] === i % 4 ? 1.5 : 0) + noise.normal());

  for (const solver of solvers.entries)
    it(`${solver.name} comes within 1 % of the loss that L-BFGS finds`, async () => {
      const weightDecay = 0.05;
      const common = { embeddings, labels, classes: 3, seed: 1 };
      const { loss } = await fitLinearHead({ ...common, weightDecay });
      const { head } = await fitMinibatchHead({
        ...common,
        solver,
        learningRate: 10 * solver.learningRate,
        weightDecay,
        batchSize: 100,
        phases: [{ kind: 'clean', epochs: 80 }],
        attacked: () => assert.fail('no epoch is robust'),
      });
      // The head's weights on standardised features.
      const standardisation = measure(embeddings, 4);
      const weights = Float64Array.from(head.weights, (value, i) => value * standardisation.scale[Math.floor(i / 3)]!);
      const bias = Float64Array.from(head.bias, (value, k) => standardisation.mean.reduce((sum, mean, j) => sum + mean * head.weights[j * 3 + k]!, value));
      const products = await openProducts(4, 3);
      const { value } = await softmaxRegression(
        products,
        { features: standardise(embeddings, standardisation), labels, classes: 3 },
        weightDecay,
        Float64Array.from([...weights, ...bias]),
      );
      await products.close();
      assert.ok(value < 1.01 * loss, `${solver.name} ${value}, L-BFGS ${loss}`);
    });

  const set = twoSigns();
  const encoder = twoFeatures();
  const fit = (phases: MinibatchFit['phases']) =>
    fitHead({
      encoder,
      encoderDigest: '0'.repeat(64),
      set,
      data: 'signs',
      crops: null,
      seed: 2,
      workers: 1,
      minibatch: { solver: solvers.get('adam'), phases, batchSize: 50, learningRate: 0.05, attack: OPTIONS },
    });

  it('a head fitted on attacked images gives up the feature that the attack turns, and keeps the accuracy of the other one', async () => {
    const robustAccuracy = async ({ head }: Awaited<ReturnType<typeof fit>>) => {
      const models = { encoder, heads: { image: { classifier: classifierGraph(encoder, headGraph(head)), classes: null }, aggregate: null } };
      const crops = { scheme: 'crops', count: 1, seed: 0, output: { height: SIZE, width: SIZE } } as const;
      const { results } = await evaluateThreat({
        models,
        threatModel: threatModels.get('image'),
        set,
        crops,
        attack: pgd,
        options: [OPTIONS],
        seed: 1,
        workers: 1,
      });
      return [results[0]!.cleanAccuracy, results[0]!.robustAccuracy] as const;
    };
    const [clean, robust] = [await fit([{ kind: 'clean', epochs: 20 }]), await fit([{ kind: 'robust', epochs: 20 }])];
    const [ofClean, ofRobust] = [await robustAccuracy(clean), await robustAccuracy(robust)];
    assert.deepEqual(ofClean[0], 1);
    assert.ok(ofClean[1] < 0.3, `the clean head holds ${ofClean[1]}`);
    assert.ok(ofRobust[1] > 0.7, `the robust head holds ${ofRobust[1]}`);
    assert.deepEqual(robust.file.fit.protocol?.adversary, { epsilon: 8 / 255, steps: 5, stepSize: 0.01, randomStart: false });
    assert.equal(clean.file.fit.protocol?.adversary, null);
  });

  it('attacked embeddings are those of points in the ball, worse for the head than the clean ones', async () => {
    const { head } = await fit([{ kind: 'clean', epochs: 20 }]);
    const job = { encoder, set, crops: null, workers: 1 };
    const [before, after] = [await embedSet(job), await attackedEmbeddings({ ...job, options: OPTIONS, seed: 1 }, head)];
    for (let i = 0; i < COUNT; i++) {
      const [moved, red] = [after[2 * i]! - before[2 * i]!, after[2 * i + 1]! - before[2 * i + 1]!];
      const sign = set.labels![i] === 1 ? 1 : -1;
      assert.ok(moved * sign < -0.02, `image ${i}: the pattern moved by ${moved}`);
      assert.ok(Math.abs(moved) < 8 / 255 + 1e-6 && Math.abs(red) < 8 / 255 + 1e-6);
    }
  });
});
