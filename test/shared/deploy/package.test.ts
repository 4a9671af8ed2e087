/** @file What an export writes: graphs over one file of weights, the one-file attack, golden outputs, card. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pgd } from '@robenc/shared/attacks/pgd.js';
import { attackOnnx } from '@robenc/shared/deploy/attack-graph.js';
import { classifierGraph, headGraph } from '@robenc/shared/evaluation/classifier-graph.js';
import { openOracle } from '@robenc/shared/evaluation/oracle.js';
import { fromOnnx } from '@robenc/shared/graph/from-onnx.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { floats, type TensorData } from '@robenc/shared/graph/value.js';
import { Random } from '@robenc/shared/math/random.js';
import { checkGolden, goldenCases } from '@robenc/shared/package/golden.js';
import { openPackage, type ModelPackage } from '@robenc/shared/package/open.js';
import { WeightStore } from '@robenc/shared/package/weight-store.js';
import { decodeModel } from '@robenc/shared/proto/decode.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import { refusal } from '../../refusal.js';
import { randomHead, SIZE, smallEncoder } from '../evaluation/small-encoder.js';
import { writeSmallPackage } from './fixture.js';

describe('a package as exports write it', () => {
  let models: string;
  let opened: ModelPackage;
  before(async () => {
    models = mkdtempSync(join(tmpdir(), 'robenc-deploy-'));
    await writeSmallPackage(models);
    opened = await openPackage(models, 'small');
  });
  after(() => rmSync(models, { recursive: true, force: true }));

  it('has every graph, weights, golden file and card', () => {
    assert.deepEqual(Object.keys(opened.manifest.files).sort(), [
      'aggregateClassifier',
      'aggregateHead',
      'attack',
      'card',
      'classifier',
      'cropsGradient',
      'embeddingGradient',
      'encoder',
      'golden',
      'gradient',
      'weights',
    ]);
  });

  it('large constants of all graphs lie once in the file of weights, and graphs read back from it compute the same', async () => {
    const encoder = smallEncoder(1);
    const kernel = encoder.nodes.find(({ op }) => op === 'Conv')!.inputs[1]!.data!;
    const stored = readFileSync(opened.path('weights')!);
    const wanted = Buffer.from(kernel.data.buffer, kernel.data.byteOffset, kernel.data.byteLength);
    assert.equal(stored.indexOf(wanted), 0);
    assert.equal(stored.indexOf(wanted, 1), -1);
    for (const role of ['encoder', 'gradient', 'cropsGradient'] as const)
      assert.ok(
        decodeModel(readFileSync(opened.path(role)!)).graph!.initializer.some(({ dataLocation }) => dataLocation === 1),
        role,
      );
    const image: TensorData = { dtype: 'float32', shape: [2, 3, SIZE, SIZE], data: Float32Array.from({ length: 384 }, (_, i) => (i % 17) / 16) };
    const [packed, plain, again] = await Promise.all([
      openSession(opened.path('encoder')!),
      openSession(toOnnx(encoder)),
      openSession(toOnnx(fromOnnx(opened.path('encoder')!))),
    ]);
    const expected = (await plain.run({ image }))['embedding']!;
    assert.deepEqual((await packed.run({ image }))['embedding'], expected);
    assert.deepEqual((await again.run({ image }))['embedding'], expected);
    await Promise.all([packed, plain, again].map((session) => session.close()));
  });

  it('a store of weights keeps equal bytes once, aligned, and leaves small ones to the graph', () => {
    const store = new WeightStore('weights.bin');
    const [a, b] = [new Uint8Array(1000).fill(1), new Uint8Array(600).fill(2)];
    assert.deepEqual(store.place(a), { location: 'weights.bin', offset: 0, length: 1000 });
    assert.deepEqual(store.place(b), { location: 'weights.bin', offset: 1024, length: 600 });
    assert.deepEqual(store.place(a.slice()), store.place(a));
    assert.equal(store.place(new Uint8Array(8)), null);
    assert.equal(store.bytes()!.length, 1624);
    assert.equal(new WeightStore('w').bytes(), null);
  });

  it('every graph reproduces its golden outputs; a graph of other weights does not', async () => {
    const cases = goldenCases(opened);
    assert.deepEqual([...cases.keys()].length, 8);
    for (const [role, golden] of cases) {
      const session = await openSession(opened.path(role)!);
      assert.ok((await checkGolden(session, golden, role)) < 1e-6, role);
      await session.close();
    }
    const other = await openSession(toOnnx(smallEncoder(9)));
    await assert.rejects(
      checkGolden(other, cases.get('encoder')!, 'encoder of another seed'),
      refusal('mismatch', /encoder of another seed: "embedding" differs/),
    );
    await other.close();
  });

  it('the one-file attack ends where PGD on the host ends, from any start and for any number of steps', async () => {
    const classifier = classifierGraph(smallEncoder(1), headGraph(randomHead(1)));
    const session = await openSession(attackOnnx(classifier));
    const oracle = await openOracle(classifier, { workers: 1 });
    const random = new Random(3, 'attack');
    const count = 4;
    const data = Float32Array.from({ length: count * 3 * SIZE * SIZE }, () => random.next());
    const labels = Int32Array.from({ length: count }, () => random.integer(4));
    const image = floats(data, [count, 3, SIZE, SIZE]);
    for (const steps of [0, 1, 7]) {
      const x = { count, shape: [3, SIZE, SIZE], data, ids: [0, 1, 2, 3] };
      const result = await session.run({
        image,
        start: image,
        label: { dtype: 'int64', shape: [count], data: BigInt64Array.from(labels, BigInt) },
        epsilon: { dtype: 'float32', shape: [], data: Float32Array.of(8 / 255) },
        stepSize: { dtype: 'float32', shape: [], data: Float32Array.of(2 / 255) },
        steps: { dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(steps)) },
      });
      let points = { ...x, data: data.slice() };
      for (let step = 0; step < steps; step++) {
        const { gradient } = await oracle.lossAndGradient(points, labels);
        const moved = points.data.map((value, i) => {
          const next = Math.fround(value + Math.fround(Math.fround(2 / 255) * Math.sign(gradient[i]!)));
          const clipped = Math.min(Math.max(next, Math.fround(data[i]! - Math.fround(8 / 255))), Math.fround(data[i]! + Math.fround(8 / 255)));
          return Math.min(Math.max(clipped, 0), 1);
        });
        points = { ...points, data: moved };
      }
      assert.deepEqual(result['adversarial']!.data, points.data, `${steps} steps`);
      const { loss, logits } = await oracle.lossAndGradient(points, labels);
      assert.deepEqual([result['loss']!.data, result['logits']!.data], [loss, logits]);
      if (steps > 0) {
        const clean = await oracle.lossAndGradient(x, labels);
        assert.ok(
          loss.every((value, i) => value > clean.loss[i]!),
          'the loss rises',
        );
      }
    }
    assert.equal(pgd.complete({ epsilon: 8 / 255 }).stepSize, 2 / 255);
    await Promise.all([session.close(), oracle.close()]);
  });

  it('the card names what there is, and says what was not measured', () => {
    const card = readFileSync(opened.path('card')!, 'utf8');
    for (const text of ['# small', '`[batch,3,8,8]`', 'a, b, c, d', 'attack.onnx', 'mean embedding of 3 crops', 'Not measured', 'golden outputs reproduced'])
      assert.ok(card.includes(text), text);
    assert.ok(!card.includes('## Pictures'));
  });
});
