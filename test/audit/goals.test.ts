/** @file What an audit must hold, one claim a test: random models, curves, early stops, crops, neighbours, estimates, digests. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptions } from '@robenc/shared/config/command-options.js';
import { AuditReport } from '@robenc/shared/config/audit.js';
import { check } from '@robenc/shared/config/check.js';
import { imageAt, type ImageSet } from '@robenc/shared/data/image-set.js';
import { openImageSet } from '@robenc/shared/data/open.js';
import { knnPredictions } from '@robenc/shared/evaluation/knn.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import type { Value } from '@robenc/shared/graph/value.js';
import { newBuilder } from '@robenc/shared/ops/index.js';
import audit from '@robenc/audit/commands/audit.js';
import { readCsv } from '@robenc/audit/report/csv.js';
import { predictSeconds, type RangeSample } from '@robenc/audit/work/cost.js';
import { CLEAN, type WorkPlan } from '@robenc/audit/work/plan.js';
import { attacks } from '@robenc/shared/attacks/index.js';
import { memoryContext } from '../context.js';
import { CLASSES as PACKAGE_CLASSES, writeFixture } from '../serve/package-fixture.js';
import { png } from '../serve/server-fixture.js';
import { CLASSES, colourModel, robustCount, SIDE, writeColourFolder, type ColourImage, type ColourModel } from './colour-world.js';

type Builder = ReturnType<typeof newBuilder>;

describe('what an audit must hold', () => {
  let root: string;
  let data: string;
  let images: readonly ColourImage[];
  let count = 0;

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'robenc-goals-'));
    ({ folder: data, images } = await writeColourFolder());
  });

  after(() => {
    rmSync(root, { recursive: true });
    rmSync(data, { recursive: true });
  });

  function modelFile(model: ColourModel | Uint8Array = {}): string {
    const path = join(root, `model-${count++}.onnx`);
    writeFileSync(path, model instanceof Uint8Array ? model : colourModel(model));
    return path;
  }

  async function run(model: string, flags: Readonly<Record<string, unknown>> = {}) {
    const context = memoryContext({ cwd: root });
    const code = await audit.run({ model, ...readOptions(audit, { data, eps: ['8/255'], workers: '1', device: 'cpu', ...flags }) }, context);
    return { code, context, report: check(AuditReport, context.results[0], 'audit.json') };
  }

  const codes = ({ flags }: AuditReport, severity?: string) =>
    flags.filter((flag) => severity === undefined || flag.severity === severity).map(({ code }) => code);

  /** logits → something else, after all else. */
  const finish = (change: (g: Builder, logits: Value) => Value) => modelFile({ finish: change });

  describe('random models', () => {
    // The noise turns one answer in several for images near the boundary, and few for the others.
    const noisy = () => finish((g, z) => g.add(z, g.node('RandomNormalLike', [z], { scale: 0.6, seed: 3 })));

    it('an image is not given up after one unlucky pass, nor kept by a lucky one: votes decide', async () => {
      const { report, code } = await run(noisy(), { preset: 'rand', steps: '20', queries: '40', eps: ['0.0001,60/255'] });
      assert.equal(code, 0);
      assert.deepEqual(codes(report, 'critical'), []);
      assert.deepEqual([report.preset.draws, report.preset.votes], [20, 50]);
      const [tiny, large] = report.results;
      // Means over 20 draws: images whose margin is well above the noise of the mean stay, whatever single passes say.
      const sure = images.filter(({ margin }) => 20 * margin > 0.6 * 3).length;
      assert.ok(tiny!.robustCorrect >= sure, `${tiny!.robustCorrect} of ${sure}`);
      assert.ok(large!.robustCorrect <= robustCount(images, 50 / 255));
    });
  });

  it('accuracy at every radius follows from the nearest points, cannot rise, and agrees with attacks at one radius', async () => {
    const { report, context } = await run(modelFile(), { preset: 'minimal', eps: ['30/255'] });
    assert.ok(
      context.lines.some((line) => /^Accuracy by radius: 3\.75\/255 [\d.]+ %, .*30\/255 [\d.]+ %; all of 32 radii/.test(line)),
      context.lines.join('\n'),
    );
    assert.ok(context.notes.some((line) => /^Clean accuracy: \d+ of \d+ images are right/.test(line)));
    const curve = report.curve!;
    assert.ok(curve.length >= 33);
    for (const [i, { epsilon, standing }] of curve.entries()) {
      if (i > 0) assert.ok(standing <= curve[i - 1]!.standing && epsilon > curve[i - 1]!.epsilon);
      const known = robustCount(images, epsilon);
      // The nearest point lies within 1.01 of the boundary.
      assert.ok(standing >= known && standing <= robustCount(images, epsilon / 1.01), `${epsilon}: ${standing}, known ${known}`);
    }
    const radii = curve.filter((_, i) => i % 8 === 4).map(({ epsilon }) => epsilon);
    const fixed = await run(modelFile(), { attack: 'apgd-t', eps: [radii.join(',')] });
    for (const { epsilon, robustCorrect } of fixed.report.results) {
      const there = curve.find((one) => Math.abs(one.epsilon - epsilon) < 1e-9)!.standing;
      assert.ok(Math.abs(there - robustCorrect) <= 0.01 * images.length + 1, `${epsilon}: ${there} and ${robustCorrect}`);
    }
  });

  it('the verdicts are the same in batches of 1, 7 and 64, with one worker and with four', async () => {
    const model = modelFile();
    const verdicts = async (out: string, more: Readonly<Record<string, unknown>>) => {
      await run(model, { preset: 'standard', steps: '10', queries: '50', targets: '2', out: join(root, out), ...more });
      const rows = readCsv(readFileSync(join(root, out, 'samples.csv'), 'utf8'));
      return rows.map(({ seconds: _, ...verdict }) => verdict);
    };
    const whole = await verdicts('batch-64', { batchSize: '64' });
    assert.ok(whole.some(({ attack }) => attack === 'apgd'));
    assert.deepEqual(await verdicts('batch-1', { batchSize: '1', workers: '4' }), whole);
    assert.deepEqual(await verdicts('batch-7', { batchSize: '7', workers: '4' }), whole);
  });

  it('an attack that stops early gives the verdicts of one that does not, with at most half of the gradients', async () => {
    // At 20/255 more than half of the images are broken.
    const { report } = await run(modelFile(), { attack: 'apgd', eps: ['20/255'], out: join(root, 'early') });
    assert.ok(report.results[0]!.robustAccuracy < 0.5);
    assert.equal(report.results[0]!.robustCorrect, robustCount(images, 20 / 255));
    const full = images.length * 101;
    assert.ok(report.results[0]!.gradients * 2 <= full, `${report.results[0]!.gradients} of ${full}`);
    const { report: whole } = await run(modelFile(), { preset: 'encoder', eps: ['20/255'] });
    assert.equal(whole.results[0]!.robustCorrect, report.results[0]!.robustCorrect);
  });

  it('time is predicted from what each stage costs, from how many images a short attack leaves, and from how ranges fill the workers', () => {
    const pgd = attacks.get('pgd');
    const options = pgd.complete({ epsilon: 0.1 });
    const attack = { kind: 'attack' as const, name: 'pgd', epsilon: 0.1, options };
    const plan = { stages: [CLEAN, attack] } as unknown as WorkPlan;
    const sample = (right: number, first: number, last = first) => ({ images: 10, right, standing: new Map([[0.1, { first, last }]]) });
    const costs = (...samples: RangeSample[]) => ({ stages: [1, 60], early: 9, samples: new Map(samples.entries()) });
    assert.equal(predictSeconds(plan, costs(sample(10, 10)), [100], 1), 100 * 61, 'every image stands');
    assert.equal(predictSeconds(plan, costs(sample(10, 5)), [100], 1), 100 + 50 * 60 + 50 * 9);
    assert.equal(predictSeconds(plan, costs(sample(0, 0)), [100], 1), 100);
    assert.equal(predictSeconds(plan, costs(sample(10, 10)), [25, 25, 25, 25], 2), 50 * 61);
    assert.equal(predictSeconds(plan, costs(sample(10, 10)), [25, 25, 25], 2), 50 * 61, 'one worker waits for the other');
    assert.equal(predictSeconds(plan, costs(sample(10, 10), sample(0, 0)), [25, 25], 2), 25 * 61, 'one range has all of the work');
    const twice = { stages: [CLEAN, attack, attack] } as unknown as WorkPlan;
    const both = { ...costs(sample(10, 5, 2)), stages: [1, 60, 600] };
    assert.equal(predictSeconds(twice, both, [100], 1), 100 + 50 * 9 + 50 * 60 + 20 * 600, 'the second attack breaks more, and soon');
    // What goes on to the end costs as much for images that are broken.
    const ended = { stages: [CLEAN, { ...attack, options: { ...options, earlyStop: false } }] } as unknown as WorkPlan;
    assert.equal(predictSeconds(ended, costs(sample(10, 0)), [100], 1), 100 * 61);
  });

  describe('means over crops', () => {
    let crops: string;
    let model: string;
    before(async () => {
      crops = join(root, 'crops');
      model = writeFixture(join(root, 'models')).folder;
      for (const name of PACKAGE_CLASSES) mkdirSync(join(crops, name), { recursive: true });
      // Sorted by what the fixed crops say, so that most images are right.
      for (const name of PACKAGE_CLASSES) for (let i = 0; i < 3; i++) writeFileSync(join(crops, name, `${i}.png`), await png(40 + i));
    });

    it('accuracy against perturbations of every crop is at most that against one of the source image, and random crops are voted on', async () => {
      const flags = { data: crops, preset: 'quick', eps: ['0.5/255,2/255'] };
      const perCrop = (await run(model, { ...flags, threat: 'aggregate-crops' })).report;
      const source = (await run(model, { ...flags, threat: 'aggregate-image' })).report;
      assert.ok(source.results[0]!.cleanCorrect > 0);
      for (const [i, { robustCorrect }] of perCrop.results.entries())
        assert.ok(robustCorrect <= source.results[i]!.robustCorrect, `${robustCorrect} and ${source.results[i]!.robustCorrect}`);
      const random = (await run(model, { ...flags, attack: 'pgd', preset: undefined, steps: '5', eps: ['0.5/255'], threat: 'aggregate-random' })).report;
      assert.ok(random.preset.votes >= 30 && random.preset.draws === 20);
      const [low, high] = random.results[0]!.interval;
      assert.ok(low <= random.results[0]!.robustAccuracy && random.results[0]!.robustAccuracy <= high && low < high);
      assert.deepEqual(
        [perCrop.threatModel.name, source.threatModel.name, random.threatModel.name],
        ['aggregate-crops', 'aggregate-image', 'aggregate-random'],
      );
    });
  });

  describe('neighbours in the space of embeddings', () => {
    let encoder: string;
    before(() => {
      const g = newBuilder();
      const image = g.input('image', 'float32', ['batch', 3, SIDE, SIDE]);
      g.output('embedding', g.sub(g.node('ReduceMean', [image, g.ints([2, 3])], { keepdims: 0 }), g.scalar(0.4)));
      encoder = modelFile(toOnnx(g.build('means')));
    });

    const embeddings = (set: ImageSet) =>
      Float32Array.from({ length: 3 * set.count }, (_, i) => {
        const { data: pixels } = imageAt(set, Math.floor(i / 3));
        return pixels.reduce((sum, value, j) => sum + (j % 3 === i % 3 ? value : 0), 0) / (255 * SIDE * SIDE) - 0.4;
      });

    it('the votes of the training images are those of kNN on clean images, and a large radius turns them', async () => {
      const flags = { threat: 'neighbours', preset: 'encoder', holdOut: '0.4' };
      const [test, train] = await Promise.all((['test', 'train'] as const).map((split) => openImageSet({ path: data, split, holdOut: 0.4, seed: 0 })));
      const predicted = knnPredictions({
        train: embeddings(train!),
        trainLabels: train!.labels!,
        queries: embeddings(test!),
        size: 3,
        classes: CLASSES.length,
      });
      const right = predicted.filter((label, i) => label === test!.labels![i]).length;
      const { report } = await run(encoder, { ...flags, eps: ['0.0001,40/255'] });
      assert.equal(report.results[0]!.cleanCorrect, right);
      assert.ok(
        right > 0 && report.results[0]!.robustCorrect > report.results[1]!.robustCorrect,
        JSON.stringify(report.results.map(({ robustCorrect }) => robustCorrect)),
      );
      assert.deepEqual(codes(report, 'critical'), []);
    });

    it('images that would be their own neighbours are refused, naming --hold-out', async () => {
      await assert.rejects(run(encoder, { threat: 'neighbours', preset: 'encoder' }), /their own neighbours.*--hold-out/);
    });

    it('retrieval@1 of a clean image is itself, and falls with the radius', async () => {
      const { report } = await run(encoder, { threat: 'retrieval', preset: 'encoder', eps: ['0.0001,0.002,40/255'] });
      assert.equal(report.results[0]!.cleanAccuracy, 1);
      const [first, second, third] = report.results.map(({ robustCorrect }) => robustCorrect);
      assert.ok(first! >= second! && second! >= third! && first! > third!, `${first} ${second} ${third}`);
    });
  });

  it('the report names preset, every constant and a digest that changes with any of them', async () => {
    const model = modelFile();
    const { report, context } = await run(model, { preset: 'quick', out: join(root, 'named') });
    const { report: other } = await run(model, { preset: 'quick', steps: '21' });
    assert.notEqual(report.preset.sha256, other.preset.sha256);
    assert.equal(report.preset.sha256, (await run(model, { preset: 'quick' })).report.preset.sha256);
    assert.ok(
      context.lines.some((line) => /^pgd at 8\/255: steps 20, stepSize 2\/255, randomStart true, restarts 1, earlyStop true/.test(line)),
      context.lines.join('\n'),
    );
    assert.ok(readFileSync(join(root, 'named', 'report.html'), 'utf8').includes(report.preset.sha256));
  });
});
