/** @file Oracles over sessions: right gradients, fixed batches, several workers, and classifiers made of encoder, crops and head. */
import assert from 'node:assert/strict';
import type { Batch } from '@robenc/shared/attacks/attack.js';
import { createBatch, gather } from '@robenc/shared/attacks/batch.js';
import { dlr, plainMargin, targetedDlr } from '@robenc/shared/attacks/margin.js';
import { pgd } from '@robenc/shared/attacks/pgd.js';
import { aggregateCropsGraph, aggregateImageGraph, classifierGraph, encoderShape, headGraph } from '@robenc/shared/evaluation/classifier-graph.js';
import { cropFeeds, cutCrops, drawCrops, type CropPlan } from '@robenc/shared/evaluation/crops.js';
import { applyHead } from '@robenc/shared/evaluation/linear-head.js';
import { openOracle, type OpenOracle, type OracleOptions } from '@robenc/shared/evaluation/oracle.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { floats, type Graph } from '@robenc/shared/graph/value.js';
import { fromTensor, toTensor } from '@robenc/shared/images/image.js';
import { Random } from '@robenc/shared/math/random.js';
import { newBuilder } from '@robenc/shared/ops/index.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import { EMBEDDING, randomHead, SIZE, smallEncoder } from './small-encoder.js';

const seed = 1;

async function withOracle<T>(graph: Graph, use: (oracle: OpenOracle) => Promise<T>, options: Partial<OracleOptions> = {}): Promise<T> {
  const oracle = await openOracle(graph, { workers: 1, ...options });
  try {
    return await use(oracle);
  } finally {
    await oracle.close();
  }
}

/** Noise on a tone per channel, in whole levels of 255, as photographs have them. */
function randomBatch(shape: readonly number[], count: number): Batch {
  const random = new Random(seed, 'pixels');
  const area = shape.at(-1)! * shape.at(-2)!;
  let tone = 0;
  const pixel = (i: number) => {
    if (i % area === 0) tone = random.integer(206);
    return (tone + random.integer(50)) / 255;
  };
  return createBatch(
    Float32Array.from({ length: count * shape.reduce((a, b) => a * b, 1) }, (_, i) => pixel(i)),
    shape,
  );
}

async function embed(graph: Graph, x: Batch): Promise<Float32Array> {
  const session = await openSession(toOnnx(graph), { threads: 1 });
  try {
    return (await session.run({ image: floats(x.data, [x.count, ...x.shape]) }))['embedding']!.data as Float32Array;
  } finally {
    await session.close();
  }
}

function assertNear(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < actual.length; i++) assert.ok(Math.abs(actual[i]! - expected[i]!) <= tolerance, `element ${i}: ${actual[i]}, expected ${expected[i]}`);
}

/** The slope of the loss along a random direction, by central differences and by the gradient. */
async function assertGradient(oracle: OpenOracle, x: Batch, labels: Int32Array): Promise<void> {
  const random = new Random(seed, 'direction');
  const direction = Float64Array.from(x.data, () => random.normal());
  const { gradient } = await oracle.lossAndGradient(x, labels);
  const sumAt = async (t: number) =>
    (await oracle.lossAndGradient({ ...x, data: x.data.map((value, i) => value + t * direction[i]!) }, labels)).loss.reduce((a, b) => a + b, 0);
  const difference = ((await sumAt(1e-3)) - (await sumAt(-1e-3))) / 2e-3;
  const slope = gradient.reduce((sum, value, i) => sum + value * direction[i]!, 0);
  assert.ok(Math.abs(slope - difference) < 1e-2 * Math.abs(slope), `${slope} and ${difference}`);
}

describe('an oracle over sessions', () => {
  const encoder = smallEncoder(seed);
  const head = randomHead(seed);
  const classifier = classifierGraph(encoder, headGraph(head));

  it('answers the logits of encoder and head, and a gradient that agrees with finite differences', () =>
    withOracle(classifier, async (oracle) => {
      const x = randomBatch([3, SIZE, SIZE], 5);
      assert.deepEqual([oracle.classes, oracle.shape], [4, [3, SIZE, SIZE]]);
      assertNear(await oracle.forward(x), applyHead(head, await embed(encoder, x)), 1e-5);
      await assertGradient(oracle, x, Int32Array.of(0, 1, 2, 3, 0));
    }));

  for (const [name, loss, target] of [
    ['the margin', plainMargin, -1],
    ['DLR', dlr(4), -1],
    ['targeted DLR', targetedDlr(4), 2],
  ] as const)
    it(`answers ${name} as its formula says, with a gradient that agrees with finite differences`, () =>
      withOracle(classifier, async (oracle) => {
        const x = randomBatch([3, SIZE, SIZE], 5);
        const labels = Int32Array.of(0, 1, 3, 3, 0);
        const targets = new Int32Array(5).fill(target);
        const { loss: losses, logits, gradient } = await oracle.marginAndGradient!(x, labels, targets, loss);
        const expected = Float64Array.from(labels, (label, row) => {
          const z = [...logits.subarray(row * 4, row * 4 + 4)];
          const other = target < 0 ? Math.max(...z.filter((_, k) => k !== label)) : z[target]!;
          const [first, , third, fourth] = z.toSorted((a, b) => b - a) as [number, number, number, number];
          const scale = { 'the margin': 1, DLR: first - third, 'targeted DLR': first - (third + fourth) / 2 }[name];
          return (other - z[label]!) / scale;
        });
        assertNear(losses, expected, 1e-4);
        const random = new Random(seed, 'direction');
        const direction = Float64Array.from(x.data, () => random.normal());
        const at = async (t: number) => {
          const moved = { ...x, data: x.data.map((value, i) => value + t * direction[i]!) };
          return (await oracle.marginAndGradient!(moved, labels, targets, loss)).loss.reduce((a, b) => a + b, 0);
        };
        const difference = ((await at(1e-3)) - (await at(-1e-3))) / 2e-3;
        const slope = gradient.reduce((sum, value, i) => sum + value * direction[i]!, 0);
        assert.ok(Math.abs(slope - difference) < 2e-2 * Math.abs(slope), `${slope} and ${difference}`);
      }));

  it('fills up the batch of a model with a fixed one, whose answers are the same', async () => {
    const x = randomBatch([3, SIZE, SIZE], 5);
    const labels = Int32Array.of(0, 1, 2, 3, 0);
    const free = await withOracle(classifier, (oracle) => oracle.lossAndGradient(x, labels));
    const fixed = classifierGraph(smallEncoder(seed, 2), headGraph(head));
    const filled = await withOracle(fixed, (oracle) => oracle.lossAndGradient(x, labels));
    for (const part of ['loss', 'logits', 'gradient'] as const) assertNear(filled[part], free[part], 1e-6);
  });

  it('breaks the same images with one worker and with two', async () => {
    const x = randomBatch([3, SIZE, SIZE], 16);
    const run = (workers: number) =>
      withOracle(
        classifier,
        async (oracle) => {
          const logits = await oracle.forward(x);
          const labels = Int32Array.from({ length: 16 }, (_, i) =>
            logits.slice(i * 4, i * 4 + 4).reduce((best, value, k, row) => (value > row[best]! ? k : best), 0),
          );
          const halves = [[...Array(8).keys()], [...Array(8).keys()].map((i) => i + 8)];
          const outcomes = await Promise.all(
            halves.map((half) => pgd.run({ oracle, x: gather(x, half), labels: Int32Array.from(half, (i) => labels[i]!), options: { epsilon: 0.03 }, seed })),
          );
          return outcomes.flat().map(({ broken }) => broken);
        },
        { workers },
      );
    const verdicts = await run(1);
    assert.ok(verdicts.includes(true) && verdicts.includes(false), verdicts.join());
    assert.deepEqual(await run(2), verdicts);
  });

  it('refuses a graph that is no classifier of fixed-size images, saying what it takes and gives', async () => {
    await assert.rejects(openOracle(encoder, { workers: 1 }), /this one takes float32\[batch,3,8,8\] and gives no logits/);
  });
});

describe('patch aggregates', () => {
  const encoder = smallEncoder(seed);
  const head = randomHead(seed);
  const source = { height: 12, width: 10 };
  const plan: CropPlan = { scheme: 'crops', count: 3, seed, output: { height: SIZE, width: SIZE } };

  it('threat crops: the logits of the mean embedding of all crops', () =>
    withOracle(aggregateCropsGraph(encoder, headGraph(head), 3), async (oracle) => {
      const x = randomBatch([3, 3, SIZE, SIZE], 2);
      const each = await embed(encoder, createBatch(x.data, [3, SIZE, SIZE]));
      const mean = Float32Array.from({ length: 2 * EMBEDDING }, (_, i) => {
        const [image, j] = [Math.floor(i / EMBEDDING), i % EMBEDDING];
        return (each[image * 3 * EMBEDDING + j]! + each[(image * 3 + 1) * EMBEDDING + j]! + each[(image * 3 + 2) * EMBEDDING + j]!) / 3;
      });
      assertNear(await oracle.forward(x), applyHead(head, mean), 1e-5);
      await assertGradient(oracle, x, Int32Array.of(1, 3));
    }));

  it('threat image: crops inside the graph give what 8-bit crops give, within their rounding, with the gradient of the whole image', () =>
    withOracle(
      aggregateImageGraph(encoder, headGraph(head), plan.count, source),
      async (oracle) => {
        const x = randomBatch([3, source.height, source.width], 4);
        const crops = x.ids.flatMap((id, i) => cutCrops(plan, id, fromTensor(x.data, source.height, source.width, i * 3 * 120)));
        const expected = await withOracle(aggregateCropsGraph(encoder, headGraph(head), plan.count), (other) =>
          other.forward(createBatch(toTensor(crops).data as Float32Array, [3, 3, SIZE, SIZE])),
        );
        assertNear(await oracle.forward(x), expected, 0.02);
        await assertGradient(oracle, x, Int32Array.of(0, 1, 2, 3));
      },
      { feeds: cropFeeds(plan, source) },
    ));

  it('gives every image its own crops, whatever batch it comes in', () =>
    withOracle(
      aggregateImageGraph(encoder, headGraph(head), plan.count, source),
      async (oracle) => {
        const x = randomBatch([3, source.height, source.width], 4);
        const whole = await oracle.forward(x);
        assertNear(await oracle.forward(gather(x, [2, 0])), [...whole.subarray(8, 12), ...whole.subarray(0, 4)], 1e-6);
        assert.notDeepEqual(drawCrops(plan, 0, source), drawCrops(plan, 1, source));
        assert.deepEqual(drawCrops(plan, 1, source), drawCrops(plan, 1, source));
      },
      { feeds: cropFeeds(plan, source) },
    ));

  it('a head graph is the head', async () => {
    const session = await openSession(toOnnx(headGraph(head)), { threads: 1 });
    const embeddings = Float32Array.from({ length: 2 * EMBEDDING }, (_, i) => Math.cos(i));
    const { logits } = await session.run({ embedding: floats(embeddings, [2, EMBEDDING]) });
    await session.close();
    assertNear(logits!.data as Float32Array, applyHead(head, embeddings), 1e-6);
  });

  it('refuses a head of another length, an encoder with a fixed batch, and a model that is no encoder', () => {
    assert.throws(
      () => classifierGraph(encoder, headGraph({ ...head, size: 5, weights: new Float32Array(20) })),
      /takes float32\[batch,5\], but the encoder gives float32\[batch,6\]/,
    );
    assert.throws(() => aggregateCropsGraph(smallEncoder(seed, 4), headGraph(head), 2), /exactly 4 images at a time/);
    const g = newBuilder();
    g.output('y', g.input('x', 'float32', ['batch', 3]));
    assert.throws(() => encoderShape(g.build('flat')), /this model has x float32\[batch,3\] -> y float32\[batch,3\]/);
  });
});
