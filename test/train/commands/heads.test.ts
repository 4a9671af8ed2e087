/** @file `robenc fit-head` and `robenc evaluate` on an ONNX encoder and a generated image folder. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptions } from '@robenc/shared/config/command-options.js';
import { check } from '@robenc/shared/config/check.js';
import { EvaluationReport } from '@robenc/shared/config/evaluation.js';
import type { Command } from '@robenc/shared/config/command.js';
import { classifierGraph, headGraph } from '@robenc/shared/evaluation/classifier-graph.js';
import { readHead } from '@robenc/shared/evaluation/head-file.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import evaluate from '@robenc/train/commands/evaluate.js';
import fitHead from '@robenc/train/commands/fit-head.js';
import { writeColourFolder } from '../../audit/colour-world.js';
import { memoryContext } from '../../context.js';
import { SIZE, smallEncoder } from '../../shared/evaluation/small-encoder.js';

describe('fit-head and evaluate', () => {
  let root: string;
  let train: string;
  let test: string;
  let encoder: string;

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'robenc-heads-'));
    train = (await writeColourFolder({ perClass: 20, side: SIZE, seed: 1 })).folder;
    test = (await writeColourFolder({ perClass: 10, side: SIZE, seed: 2 })).folder;
    encoder = join(root, 'encoder.onnx');
    writeFileSync(encoder, toOnnx(smallEncoder(1)));
  });

  after(() => [root, train, test].forEach((folder) => rmSync(folder, { recursive: true })));

  async function run(command: Command, flags: Readonly<Record<string, unknown>>, source = encoder) {
    const context = memoryContext({ cwd: root });
    const code = await command.run({ source, ...readOptions(command, { workers: '1', device: 'cpu', ...flags }) }, context);
    assert.equal(code, 0);
    return { context, result: context.results[0] as Record<string, unknown> };
  }

  const evaluated = async (flags: Readonly<Record<string, unknown>>, source = encoder) =>
    check(EvaluationReport, (await run(evaluate, { data: test, ...flags }, source)).result, 'evaluation');

  it('classifies by the votes of nearest neighbours among training images', async () => {
    await run(fitHead, { data: train, crops: '0', out: 'neighbour-heads' });
    const { neighbours } = await evaluated({ data: train, eps: ['2/255'], steps: '1', heads: 'neighbour-heads', neighbours: '60' });
    assert.deepEqual({ ...neighbours, accuracy: 0, interval: [] }, { k: 20, temperature: 0.07, bank: 60, accuracy: 0, interval: [] });
    assert.ok(neighbours!.accuracy > 0.6, `${neighbours!.accuracy}`);
    assert.ok(neighbours!.interval[0] < neighbours!.accuracy && neighbours!.accuracy < neighbours!.interval[1]);
  });

  it('fits heads in epochs on attacked images, says so in the file, and refuses flags that do not fit', async () => {
    const { result } = await run(fitHead, { data: train, crops: '2', out: 'robust-heads', solver: 'adam', phases: ['clean:2', 'robust:1'], steps: '2' });
    const [image] = (result as { heads: { fit: { protocol: object } }[] }).heads;
    assert.deepEqual(image!.fit.protocol, readHead(join(root, 'robust-heads'), 'aggregate')!.file.fit.protocol);
    assert.deepEqual(image!.fit.protocol, {
      solver: 'adam',
      learningRate: 0.001,
      batchSize: 256,
      phases: [
        { kind: 'clean', epochs: 2 },
        { kind: 'robust', epochs: 1 },
      ],
      adversary: { epsilon: 8 / 255, steps: 2, stepSize: 0.01, randomStart: false },
    });
    await assert.rejects(run(fitHead, { data: train, out: 'x', phases: ['clean:2'] }), { code: 'usage', message: /--phases is for --solver sgd or adam/ });
    await assert.rejects(run(fitHead, { data: train, out: 'x', solver: 'sgd', phases: ['warm:2'] }), {
      code: 'usage',
      message: /--phases warm:2: give clean or robust/,
    });
  });

  it('fits both heads, writes them beside the encoder, and scores them under every threat model', async () => {
    const { context } = await run(fitHead, { data: train, crops: '3' });
    assert.match(context.lines.join('\n'), /aggregate \(3 crops\)/);
    const heads = join(root, 'heads');
    const [image, aggregate] = [readHead(heads, 'image')!, readHead(heads, 'aggregate')!];
    assert.deepEqual(image.file.classes, ['blue', 'green', 'red']);
    assert.deepEqual([image.file.crops, aggregate.file.crops], [null, { count: 3, scheme: 'crops' }]);
    assert.ok(image.file.fit.trainAccuracy > 0.75, `train ${image.file.fit.trainAccuracy}`);

    const report = await evaluated({ eps: ['2/255,8/255'], steps: '5', out: 'scores' });
    assert.deepEqual(
      report.results.map(({ threatModel, epsilon }) => [threatModel, Math.round(epsilon * 255)]),
      [
        ['image', 2],
        ['image', 8],
        ['aggregate-image', 2],
        ['aggregate-image', 8],
        ['aggregate-crops', 2],
        ['aggregate-crops', 8],
      ],
    );
    assert.equal(report.data.split, 'whole folder');
    assert.match(report.warnings.join('\n'), /no train\/ and test\/ folders/);
    for (const { threatModel, images, cleanAccuracy, robustAccuracy } of report.results) {
      assert.equal(images, 30);
      assert.ok(cleanAccuracy > 0.6, `${threatModel} clean ${cleanAccuracy}`);
      assert.ok(robustAccuracy <= cleanAccuracy);
    }
    const at = (name: string, levels: number) =>
      report.results.find(({ threatModel, epsilon }) => threatModel === name && Math.round(epsilon * 255) === levels)!;
    assert.ok(at('image', 8).robustAccuracy < at('image', 2).robustAccuracy);
    // Every change of the source image is a change of each crop within the same radius, so crops by themselves break as many or more (one image of rounding).
    assert.ok(at('aggregate-crops', 8).robustCorrect <= at('aggregate-image', 8).robustCorrect + 1);
    assert.deepEqual(at('aggregate-image', 8).crops, { count: 3, scheme: 'crops', seed: 0 });
    assert.deepEqual(JSON.parse(readFileSync(join(root, 'scores', 'evaluation.json'), 'utf8')), report);
  });

  it('with --hold-out, heads and scores keep to different images of one folder', async () => {
    const { result: fitted } = await run(fitHead, { data: train, holdOut: '0.2', crops: '0', out: 'held' });
    const [head] = fitted['heads'] as { fit: { images: number } }[];
    const report = await evaluated({ data: train, holdOut: '0.2', eps: ['0'], heads: 'held', threats: ['image'] });
    assert.deepEqual([head!.fit.images, report.data.images, report.data.split, report.warnings], [48, 12, 'test', []]);
    await assert.rejects(run(evaluate, { data: train, holdOut: '1' }), { code: 'usage', field: 'hold-out' });
  });

  it('prints a table with intervals that names threat models, attack and every constant', async () => {
    const { context } = await run(evaluate, { data: test, eps: ['4/255'], stepSize: '1/255', threats: ['image'], limit: '12' });
    const text = context.lines.join('\n');
    assert.match(text, /threat model +clean \[95 % interval\] +pgd linf 4\/255/);
    assert.match(text, /image +\d+\.\d % \[\d+\.\d, \d+\.\d\] +\d/);
    assert.match(text, /12 images from image-folder \(whole folder\), accuracies over all of them; seed 0/);
    assert.match(text, /pgd at 4\/255: steps 20, stepSize 1\/255, randomStart true, restarts 1/);
    assert.match(text, /whole-image head; one perturbation on the image, white-box/);
  });

  it('scores a classifier file as its head, and with --eps 0 without an attack', async () => {
    const { head } = readHead(join(root, 'heads'), 'image')!;
    const path = join(root, 'classifier.onnx');
    writeFileSync(path, toOnnx(classifierGraph(smallEncoder(1), headGraph(head))));
    const [whole] = (await evaluated({ eps: ['0'] }, path)).results;
    const [parts] = (await evaluated({ eps: ['0'], threats: ['image'] })).results;
    assert.deepEqual(whole, parts);
    assert.deepEqual([whole!.gradients, whole!.robustAccuracy], [0, whole!.cleanAccuracy]);
  });

  it('warns of steps that cannot cross the ball', async () => {
    const { warnings } = await evaluated({ eps: ['8/255'], steps: '2', stepSize: '0.01', threats: ['image'], limit: '3' });
    assert.match(warnings.join(), /2 steps of 0\.01 move by at most 0\.02, less than epsilon 8\/255/);
  });

  it('fits the same heads again, only when told to replace them', async () => {
    const before = readFileSync(join(root, 'heads', 'image-head.json'));
    await assert.rejects(run(fitHead, { data: train }), { code: 'usage' });
    await run(fitHead, { data: train, force: true, crops: '0' });
    assert.deepEqual(readFileSync(join(root, 'heads', 'image-head.json')), before);
  });

  describe('answers wrong input by naming what to change:', () => {
    const fails = (command: Command, flags: Readonly<Record<string, unknown>>, message: RegExp, source?: string) =>
      assert.rejects(run(command, flags, source), { message });

    it('no data', () => fails(fitHead, { out: 'none' }, /No data set is given.*--data/));
    it('no labels', () => fails(fitHead, { data: join(train, 'red'), out: 'none' }, /has no labels.*--data/));
    it('a weight decay that is none', () => fails(fitHead, { data: train, weightDecay: ['-1'], out: 'none' }, /--weight-decay -1/));
    it('a source that is not there', () => fails(evaluate, { data: test }, /There is nothing at .*missing/, 'missing'));
    it('a folder that is no run', () => fails(evaluate, { data: test }, /is not a training run/, '.'));
    it('an unknown attack option', () => fails(evaluate, { data: test, attack: 'fgsm', steps: '2' }, /steps is not known here/));

    it('an encoder without heads', () => {
      const path = join(root, 'bare.onnx');
      writeFileSync(path, toOnnx(smallEncoder(2)));
      return fails(evaluate, { data: test, heads: 'no-heads' }, /has no heads yet. Fit them with robenc fit-head/, path);
    });

    it('heads of another encoder', () => fails(evaluate, { data: test }, /was fitted on another encoder/, 'bare.onnx'));

    it('a class that the head does not know', async () => {
      const other = mkdtempSync(join(tmpdir(), 'robenc-other-'));
      rmSync(other, { recursive: true });
      const { folder } = await writeColourFolder({ perClass: 1, side: SIZE });
      const { renameSync } = await import('node:fs');
      renameSync(join(folder, 'red'), join(folder, 'purple'));
      await fails(evaluate, { data: folder, threats: ['image'] }, /a class "purple" that the head was not fitted on/);
      rmSync(folder, { recursive: true });
    });

    it('a head file that is cut off or contradicts itself', async () => {
      const path = join(root, 'heads', 'image-head.json');
      const text = readFileSync(path, 'utf8');
      writeFileSync(path, text.slice(0, 200));
      await fails(evaluate, { data: test }, /is not JSON/);
      writeFileSync(path, text.replace(/"weights": "......../, '"weights": "'));
      await fails(evaluate, { data: test }, /contradicts itself/);
      writeFileSync(path, text);
    });
  });
});
