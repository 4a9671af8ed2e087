/** @file `robenc audit` end to end, on data and models whose robust accuracy is known in closed form. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptions } from '@robenc/shared/config/command-options.js';
import { AuditReport } from '@robenc/shared/config/audit.js';
import { check } from '@robenc/shared/config/check.js';
import { importModel } from '@robenc/shared/deploy/import-onnx.js';
import { proportion } from '@robenc/shared/evaluation/intervals.js';
import { floats } from '@robenc/shared/graph/value.js';
import audit from '@robenc/audit/commands/audit.js';
import { memoryContext } from '../context.js';
import { SIDE as PACKAGE_SIDE, writeFixture } from '../serve/package-fixture.js';
import { CLASSES, colourModel, robustCount, SIDE, writeColourFolder, type ColourImage, type ColourModel } from './colour-world.js';

describe('robenc audit', () => {
  let root: string;
  let data: string;
  let images: readonly ColourImage[];

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'robenc-audit-'));
    ({ folder: data, images } = await writeColourFolder());
  });

  after(() => {
    rmSync(root, { recursive: true });
    rmSync(data, { recursive: true });
  });

  let count = 0;
  function modelFile(model: ColourModel | Uint8Array = {}): string {
    const path = join(root, `model-${count++}.onnx`);
    writeFileSync(path, model instanceof Uint8Array ? model : colourModel(model));
    return path;
  }

  async function run(model: string, flags: Readonly<Record<string, unknown>> = {}) {
    const context = memoryContext({ cwd: root });
    const options = readOptions(audit, { data, eps: ['8/255'], workers: '1', device: 'cpu', ...flags });
    const code = await audit.run({ model, ...options }, context);
    return { code, context, report: check(AuditReport, context.results[0], 'audit.json') };
  }

  const codes = (report: AuditReport) => report.flags.map(({ code }) => code);
  const epsilon = 8 / 255;

  function assertExact(report: AuditReport, radius: number, among = images): void {
    const result = report.results.find((one) => Math.abs(one.epsilon - radius) < 1e-12)!;
    assert.equal(result.images, among.length);
    assert.equal(result.cleanAccuracy, robustCount(among, 0) / among.length);
    assert.equal(result.robustAccuracy, robustCount(among, radius) / among.length);
  }

  it('finds the robust accuracy that is known, at several radii, over all images', async () => {
    const { code, report } = await run(modelFile(), { eps: ['8/255,0.01,16/255'] });
    assert.equal(code, 0);
    assert.deepEqual(
      report.results.map((result) => result.epsilon),
      [0.01, 8 / 255, 16 / 255],
    );
    for (const radius of [0.01, 8 / 255, 16 / 255]) assertExact(report, radius);
    const [, middle] = report.results;
    const known = proportion(robustCount(images, epsilon), images.length);
    assert.deepEqual(middle!.interval, [known.low, known.high]);
    assert.ok(middle!.cleanAccuracy < 1 && middle!.robustAccuracy < middle!.cleanAccuracy && middle!.robustAccuracy > 0);
    assert.deepEqual(report.flags, []);
    assert.deepEqual(
      report.data.classes.map(({ name, logit, images: n }) => [name, logit, n]),
      CLASSES.map((name, i) => [name, i, 12]),
    );
  });

  for (const attack of ['apgd', 'apgd-t', 'fab-t'])
    it(`finds the same with ${attack}, and raises no flag on a sound model`, async () => {
      const { report } = await run(modelFile(), { attack });
      assertExact(report, epsilon);
      assert.deepEqual([report.results[0]!.attack, report.flags, report.reliable], [attack, [], true]);
    });

  it('records and prints every assumption, none of which is an error', async () => {
    const { context, report } = await run(modelFile());
    const names = ['channels', 'layout', 'range', 'mean', 'std', 'classes', 'size', 'images', 'seed', 'norm'];
    assert.deepEqual(
      report.assumptions.map(({ name }) => name),
      names,
    );
    assert.ok(report.assumptions.slice(1).every(({ source, flag }) => source === 'default' && flag !== null));
    for (const name of names)
      assert.ok(
        context.notes.some((line) => line.startsWith(`Assumed ${name}:`) || line.startsWith(`Taken ${name}:`)),
        name,
      );
    assert.ok(context.lines.some((line) => line.includes('white-box, one perturbation per image')));
    assert.ok(
      context.lines.some((line) => /^pgd at 8\/255: steps 20, stepSize 2\/255, randomStart true, restarts 1/.test(line)),
      context.lines.join('\n'),
    );
    assert.equal(report.model.input, 'pixels float32[batch,3,6,6]');
  });

  const variants: Readonly<Record<string, [ColourModel, Record<string, unknown>]>> = {
    'values from 0 to 255, NHWC': [
      { layout: 'nhwc', scale: 255 },
      { layout: 'nhwc', range: ['0,255'] },
    ],
    'values from -1 to 1': [{ scale: 2, shift: -1 }, { range: ['-1,1'] }],
    'a mean and a deviation': [
      { scale: 4, shift: -2 },
      { mean: ['0.5'], std: ['0.25', '0.25', '0.25'] },
    ],
    'a batch of exactly 5 images': [{ batch: 5 }, {}],
    'any size of image': [{ side: 'side' }, {}],
    'logits that no class folder has, with names': [{ spare: 2 }, { classes: ['blue,green,red,black,white'] }],
  };
  for (const [title, [model, flags]] of Object.entries(variants))
    it(`gives the same answer for a model made for ${title}`, async () => {
      const { code, report } = await run(modelFile(model), flags);
      assert.equal(code, 0);
      assertExact(report, epsilon);
      assert.deepEqual(report.flags, []);
    });

  it('maps folders to logits by name, from the flag or from a file', async () => {
    const file = join(root, 'names.txt');
    writeFileSync(file, 'red\ngreen\nblue\n');
    // The model's logits are blue, green, red: with red and blue exchanged only green images stay right.
    for (const classes of [['red,green,blue'], [file]]) {
      const { report } = await run(modelFile(), { classes });
      assert.equal(
        report.results[0]!.cleanCorrect,
        robustCount(
          images.filter(({ label }) => label === 1),
          0,
        ),
      );
    }
  });

  it('attacks the logits before a final Softmax, says so, and gets the same answer', async () => {
    const { code, report } = await run(modelFile({ finish: (g, logits) => g.node('Softmax', [logits], { axis: 1 }) }));
    assert.deepEqual([code, codes(report)], [0, ['softmax-removed']]);
    assertExact(report, epsilon);
  });

  it('marks probabilities without a Softmax node as not reliable', async () => {
    const { code, report } = await run(
      modelFile({
        finish(g, logits) {
          const powers = g.node('Exp', [logits]);
          return g.div(powers, g.sum(powers, [1], true));
        },
      }),
    );
    assert.deepEqual([code, report.reliable, codes(report)], [4, false, ['probabilities']]);
  });

  it('marks saturated logits as not reliable, and names a node that no gradient passes', async () => {
    const saturated = await run(modelFile({ finish: (g, logits) => g.mul(logits, g.scalar(1e4)) }));
    assert.deepEqual([saturated.code, codes(saturated.report)], [4, ['zero-gradients', 'logit-scale', 'survives-anything']]);
    const tiny = await run(modelFile({ finish: (g, logits) => g.mul(logits, g.scalar(1e-6)) }));
    assert.deepEqual([tiny.code, codes(tiny.report)], [0, ['logit-scale']]);
    assertExact(tiny.report, epsilon);
    const rounded = run(modelFile({ finish: (g, logits) => g.node('Round', [logits]) }));
    await assert.rejects(
      rounded,
      (error: { code: string; message: string }) => error.code === 'unsupported' && /No gradient passes through Round "round"/.test(error.message),
    );
  });

  it('marks NaN and constant outputs as not reliable', async () => {
    const silent = await run(modelFile({ finish: (g, logits) => g.mul(logits, g.scalar(NaN)) }));
    assert.ok(silent.code === 4 && codes(silent.report).includes('non-finite'), codes(silent.report).join());
    assert.equal(silent.report.results[0]!.cleanAccuracy, 0);
    const constant = await run(modelFile({ finish: (g, logits) => g.mul(logits, g.scalar(0)) }));
    assert.ok(constant.code === 4 && codes(constant.report).includes('constant-output'), codes(constant.report).join());
  });

  it('warns of steps that cannot cross the ball, of fewer classes than logits, and of accuracy at chance', async () => {
    const weak = await run(modelFile(), { steps: '3', stepSize: '1/255' });
    assert.deepEqual([weak.code, codes(weak.report)], [0, ['weak-attack']]);
    assert.match(weak.report.flags[0]!.message, /3 steps of 1\/255 move by at most 3\/255, less than epsilon 8\/255/);
    assert.deepEqual(codes((await run(modelFile({ spare: 7 }))).report), ['fewer-classes']);
    assert.ok(codes((await run(modelFile(), { range: ['0,1'], classes: ['green,red,blue'] })).report).includes('chance-accuracy'));
    const swapped = (await run(modelFile(), { classes: ['green,blue,red'] })).report;
    const { message } = swapped.flags.find(({ code }) => code === 'class-order')!;
    assert.match(message, /Most images of (blue are taken for green, of green are taken for blue|green are taken for blue, of blue are taken for green)/);
  });

  it('takes size and class names of a model package from its manifest', async () => {
    const models = join(root, 'models');
    const { folder } = writeFixture(models);
    await assert.rejects(run(folder), /a class "blue", and the logits stand for circle, square, triangle, star, cross\. .*--classes/);
    const { report } = await run(folder, { classes: ['blue,green,red'] });
    assert.equal(report.model.package, 'tiny@1');
    assert.deepEqual([report.data.height, report.data.width], [PACKAGE_SIDE, PACKAGE_SIDE]);
    assert.deepEqual(
      report.assumptions.filter(({ name }) => name === 'size' || name === 'classes').map(({ source }) => source),
      ['flag', 'manifest'],
    );
  });

  it('audits a package that was imported from a classifier, and has no encoder of its own, as its file', async () => {
    const folder = join(root, 'imported');
    const file = modelFile();
    await importModel({
      file,
      models: folder,
      name: 'colours',
      role: 'classifier',
      mean: [],
      std: [],
      layout: 'nchw',
      range: [],
      classes: [...CLASSES],
      resize: undefined,
      output: undefined,
      attack: false,
      createdAt: '2026-01-01T00:00:00.000Z',
      producerVersion: 'test',
      publication: { version: '1', labels: [] },
      note: () => undefined,
    });
    const { report } = await run(join(folder, 'colours/1'));
    assertExact(report, epsilon);
    assert.equal(report.model.package, 'colours@1');
    await assert.rejects(run(join(folder, 'colours/1'), { threat: 'aggregate-image' }), {
      code: 'unsupported',
      message: /has no encoder to audit\. Leave --threat out/,
    });
  });

  it('exits with 1 below --fail-under and with 0 at or above it', async () => {
    const model = modelFile();
    const known = robustCount(images, epsilon) / images.length;
    const failed = await run(model, { failUnder: String(known + 0.01) });
    assert.deepEqual([failed.code, failed.report.passed], [1, false]);
    assert.equal((await run(model, { failUnder: String(known) })).code, 0);
  });

  it('writes audit.json and samples.csv, the same for every batch size, and refuses a folder that is in use', async () => {
    const model = modelFile();
    const out = (name: string) => join(root, name);
    await run(model, { out: out('a') });
    await run(model, { out: out('b'), batchSize: '5', workers: '2' });
    const csv = readFileSync(join(out('a'), 'samples.csv'), 'utf8');
    const lines = csv.split('\r\n').slice(0, -1);
    assert.equal(lines.length, 1 + images.length);
    for (const [i, image] of images.entries()) {
      const cells = lines[i + 1]!.split(',');
      assert.deepEqual([cells[0], Number(cells[1]), Number(cells[4])], [image.file, image.label, image.margin > 2 * epsilon ? 1 : 0]);
    }
    const verdicts = (name: string) =>
      readFileSync(join(out(name), 'samples.csv'), 'utf8')
        .split('\r\n')
        .map((line) => line.split(',').slice(0, 6).join());
    assert.deepEqual(verdicts('b'), verdicts('a'));
    const report = check(AuditReport, JSON.parse(readFileSync(join(out('a'), 'audit.json'), 'utf8')), 'audit.json');
    assertExact(report, epsilon);
    await assert.rejects(run(model, { out: out('a') }), { code: 'usage' });
    assert.equal((await run(model, { out: out('a'), force: true })).code, 0);
  });

  it('attacks a limited number of images alike from every class, and the same ones again', async () => {
    const [a, b] = [await run(modelFile(), { limit: '9' }), await run(modelFile(), { limit: '9' })];
    assert.deepEqual(
      a.report.data.classes.map(({ images: n }) => n),
      [3, 3, 3],
    );
    assert.deepEqual(a.report.results, b.report.results);
  });

  it('resizes only when asked to', async () => {
    const model = modelFile({ side: 2 * SIDE });
    await assert.rejects(run(model), (error: { code: string; message: string }) => error.code === 'usage' && /--resize/.test(error.message));
    const { report } = await run(model, { resize: 'stretch' });
    assert.deepEqual([report.data.height, report.data.width], [2 * SIDE, 2 * SIDE]);
    const free = await run(modelFile({ side: 'side' }), { resize: 'cover:9x9' });
    assert.deepEqual([free.report.data.height, free.report.data.width], [9, 9]);
  });

  describe('answers wrong input by naming what to change:', () => {
    const wrong: Readonly<Record<string, [() => string, Record<string, unknown>, RegExp, string]>> = {
      'more class folders than logits': [() => modelFile(twoClasses()), {}, /3 classes \(blue, green, red\), but the model has 2 logits.*--classes/, 'usage'],
      'a class that is not named': [
        () => modelFile(),
        { classes: ['blue,green'] },
        /a class "red", and the logits stand for blue, green\. .*--classes/,
        'usage',
      ],
      'more names than logits': [() => modelFile(), { classes: ['blue,green,red,black'] }, /--classes names 4 classes, but the model has 3 logits/, 'usage'],
      'a class that is named twice': [() => modelFile(), { classes: ['blue,blue'] }, /"blue" twice/, 'usage'],
      'channels in the last axis': [() => modelFile({ layout: 'nhwc' }), {}, /Pass --layout nhwc/, 'usage'],
      'a radius that is none': [() => modelFile(), { eps: ['8-255'] }, /--eps: "8-255" is not a distance/, 'usage'],
      'a radius in levels': [() => modelFile(), { eps: ['8'] }, /--eps: 8 is above 1/, 'usage'],
      'a step that is none': [() => modelFile(), { stepSize: 'big' }, /--step-size: "big" is not a distance/, 'usage'],
      'steps for an attack without steps': [() => modelFile(), { attack: 'fgsm', steps: '3' }, /--attack fgsm: steps is not known here/, 'usage'],
      'two means': [() => modelFile(), { mean: ['1,2'] }, /--mean 1,2: give 1 or 3 numbers/, 'usage'],
      'a deviation of 0': [() => modelFile(), { std: ['0'] }, /--std 0: every value must be above 0/, 'usage'],
      'a range upside down': [() => modelFile(), { range: ['1,0'] }, /--range 1,0/, 'usage'],
      'a way to resize that there is not': [() => modelFile(), { resize: 'crop' }, /--resize crop: give cover, contain or stretch/, 'usage'],
      'an output that there is not': [() => modelFile(), { output: 'logits' }, /no output "logits".*--output/, 'usage'],
      'a missing model': [() => join(root, 'none.onnx'), {}, /There is nothing at .*none\.onnx/, 'not-found'],
      'a folder that is no package': [() => root, {}, /is a folder without manifest\.json/, 'not-found'],
      'a model cut in half': [() => modelFile(colourModel().slice(0, 150)), {}, /is not a readable ONNX model/, 'bad-file'],
      'a missing data folder': [() => modelFile(), { data: '/no/such/folder' }, /--data/, 'not-found'],
    };
    for (const [title, [model, flags, message, code]] of Object.entries(wrong))
      it(title, async () => {
        await assert.rejects(run(model(), flags), (error: { code: string; message: string }) => {
          assert.match(error.message, message);
          assert.equal(error.code, code);
          return true;
        });
      });

    it('and leaves no empty folder behind', async () => {
      await assert.rejects(run(modelFile(), { output: 'logits', out: join(root, 'failed') }), { code: 'usage' });
      assert.equal(existsSync(join(root, 'failed')), false);
    });

    it('images without class folders', async () => {
      await assert.rejects(run(modelFile(), { data: join(data, 'blue') }), /no class folders, and an audit needs labels.*--data/);
    });

    it('a damaged image', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'robenc-broken-'));
      mkdirSync(join(folder, 'a'));
      writeFileSync(join(folder, 'a', 'x.png'), readFileSync(join(data, images[0]!.file)).subarray(0, 60));
      await assert.rejects(run(modelFile(), { data: folder }), /x\.png.*--skip-unreadable copies the others/);
      rmSync(folder, { recursive: true });
    });
  });

  function twoClasses(): ColourModel {
    return { finish: (g, logits) => g.node('MatMul', [logits, g.constant(floats([1, 0, 0, 1, 0, 0], [3, 2]))]) };
  }
});
