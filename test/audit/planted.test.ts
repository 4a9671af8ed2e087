/** @file Every planted defect raises its own flag, and no critical one is raised on sound models. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptions } from '@robenc/shared/config/command-options.js';
import { AuditReport } from '@robenc/shared/config/audit.js';
import { check } from '@robenc/shared/config/check.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { floats, type Value } from '@robenc/shared/graph/value.js';
import { encodePng } from '@robenc/shared/images/decode.js';
import { Random } from '@robenc/shared/math/random.js';
import { newBuilder } from '@robenc/shared/ops/index.js';
import audit from '@robenc/audit/commands/audit.js';
import { dataToTensor } from '@robenc/shared/proto/tensor.js';
import { memoryContext } from '../context.js';
import { graph, integer, modelOf, node, port } from '../shared/graph/import.js';
import { colourModel, robustCount, SIDE, writeColourFolder, type ColourImage, type ColourModel } from './colour-world.js';

type Builder = ReturnType<typeof newBuilder>;

describe('flags of audits', () => {
  let root: string;
  let data: string;
  let images: readonly ColourImage[];
  let count = 0;

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'robenc-planted-'));
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

  describe('planted defects raise their own flags', () => {
    const defects: Readonly<Record<string, [flag: string, change: (g: Builder, logits: Value) => Value]>> = {
      'a second softmax': ['probabilities', (g, z) => g.node('Softmax', [g.node('Softmax', [z], { axis: 1 })], { axis: 1 })],
      'logits times 10,000': ['zero-gradients', (g, z) => g.mul(z, g.scalar(1e4))],
      'logits divided by a million': ['logit-scale', (g, z) => g.mul(z, g.scalar(1e-6))],
      'a constant output': ['constant-output', (g, z) => g.mul(z, g.scalar(0))],
      'a node that draws': ['stochastic', (g, z) => g.add(z, g.node('RandomNormalLike', [z], { scale: 0.01 }))],
      'a weight that is NaN': ['non-finite', (g, z) => g.mul(z, g.scalar(NaN))],
      'units that are dead': ['zero-gradients', (g, z) => g.add(g.mul(z, g.scalar(0)), g.node('Relu', [g.sub(z, g.scalar(100))]))],
      // Saturated: the answer is that of the sound model, and no gradient is there to follow at any radius.
      'a slope that is flat but at the boundary': ['survives-anything', (g, z) => g.node('Tanh', [g.mul(g.sub(z, g.scalar(8.6)), g.scalar(1e3))])],
    };
    for (const [title, [flag, change]] of Object.entries(defects))
      it(`${title}: ${flag}`, async () => {
        const { report, code } = await run(finish(change));
        assert.ok(codes(report).includes(flag), codes(report).join(', '));
        assert.equal(code === 4, codes(report, 'critical').length > 0);
        assert.equal(report.reliable, code !== 4);
      });

    /** The sound model before its last layer: what is done to the pixels. */
    const pixels = (change: (g: Builder, image: Value) => Value): string => {
      const g = newBuilder();
      const image = g.input('pixels', 'float32', ['batch', 3, SIDE, SIDE]);
      const means = g.node('ReduceMean', [change(g, image), g.ints([2, 3])], { keepdims: 0 });
      // Blue, green, red.
      g.output('scores', g.mul(g.node('Gather', [means, g.ints([2, 1, 0])], { axis: 1 }), g.scalar(20)));
      return modelFile(toOnnx(g.build('pixels')));
    };
    const row = (g: Builder, values: readonly number[]) => g.constant(floats(Float32Array.from(values)));

    it('Dropout in training mode: stochastic', async () => {
      const on = { dtype: 'bool', shape: [], data: Uint8Array.of(1) } as const;
      const model = pixels((g, x) => g.node('Dropout', [x, g.scalar(0.3), g.constant(on)], {}, { outputs: 2 }));
      const { report, code } = await run(model);
      assert.ok(codes(report, 'critical').includes('stochastic'), codes(report).join(', '));
      assert.equal(code, 4);
      assert.match(report.flags.find((flag) => flag.code === 'stochastic')!.message, /Dropout/);
    });

    it('BatchNormalization in training mode, where an image is judged by the others of its batch: named before anything runs, and batch-coupled where no gradient is asked for', async () => {
      const model = pixels((g, x) =>
        g.node('BatchNormalization', [x, row(g, [1, 1, 1]), row(g, [0, 0, 0]), row(g, [0, 0, 0]), row(g, [1, 1, 1])], { training_mode: 1 }, { outputs: 3 }),
      );
      await assert.rejects(run(model), /No gradient passes through BatchNormalization "/);
      const { report, code } = await run(model, { attack: 'square', queries: '50' });
      assert.ok(codes(report, 'critical').includes('batch-coupled'), codes(report).join(', '));
      assert.equal(code, 4);
    });

    it('ArgMax as the output is named before anything runs', async () => {
      const model = finish((g, z) => g.node('OneHot', [g.node('ArgMax', [z], { axis: 1, keepdims: 0 }), g.scalar(3, 'int64'), row(g, [0, 1])], { axis: 1 }));
      await assert.rejects(run(model), (error: { code: string; message: string }) => error.code === 'unsupported' && /ArgMax "[^"]+"/.test(error.message));
    });

    it('Round in the way is passed straight through when asked to, finds what there is to find, and is told', async () => {
      const rounded = pixels((g, x) => g.div(g.node('Round', [g.mul(x, g.scalar(255))]), g.scalar(255)));
      await assert.rejects(run(rounded), /--straight-through Round/);
      const { report, context, code } = await run(rounded, { straightThrough: ['Round'], preset: 'standard', queries: '100', steps: '20' });
      assert.equal(code, 0);
      assert.equal(report.results[0]!.robustCorrect, robustCount(images, 8 / 255));
      assert.match(report.flags.find((flag) => flag.code === 'hidden-gradients')!.message, /Round "[^"]+": gradients pass as if it copied/);
      assert.ok(context.notes.some((note) => /^Gradients do not see all of the model: Round/.test(note)));
      await assert.rejects(run(rounded, { straightThrough: ['Rounds'] }), /ONNX has no operator of that name/);
    });

    it('Clip that cuts bright pixels off hides their gradients, and straight-through breaks images that one step along the rest does not', async () => {
      const clipped = pixels((g, x) => g.node('Clip', [x, g.scalar(0), g.scalar(0.48)]));
      const flags = { attack: 'fgsm', eps: ['10/255'] };
      const [blind, straight] = [await run(clipped, flags), await run(clipped, { ...flags, straightThrough: ['Clip'] })];
      assert.equal(straight.report.results[0]!.cleanCorrect, blind.report.results[0]!.cleanCorrect);
      const [without, through] = [blind, straight].map(({ report }) => report.results[0]!.robustCorrect);
      assert.ok(through! < without!, `${through} and ${without}`);
    });

    it('pixels that are quantised are named, with what gradients make of them', async () => {
      const quantised = pixels((g, x) => {
        const [scale, zero] = [g.scalar(1 / 255), g.scalar(0, 'uint8')];
        return g.node('DequantizeLinear', [g.node('QuantizeLinear', [x, scale, zero]), scale, zero]);
      });
      const { report, context } = await run(quantised);
      const { severity, message } = report.flags.find((flag) => flag.code === 'hidden-gradients')!;
      assert.match(message, /QuantizeLinear "[^"]+"/);
      assert.equal(severity, 'warning');
      assert.ok(
        context.notes.some((note) => /^Gradients do not see all of the model: QuantizeLinear/.test(note)),
        'before anything runs',
      );
    });

    it('a branch that the pixels decide is named before anything runs', async () => {
      const branch = (name: string, op: string) => graph(name, { node: [node(op, ['flat'], [`${name}_out`])], output: [port(`${name}_out`)] });
      const path = modelFile(
        modelOf({
          graph: {
            input: [port('image', ['N', 3, SIDE, SIDE])],
            output: [port('logits', ['N', 3])],
            initializer: [dataToTensor('half', floats([0.5], []))],
            node: [
              node('GlobalAveragePool', ['image'], ['means']),
              node('Flatten', ['means'], ['flat']),
              node('ReduceMean', ['image'], ['mean'], [integer('keepdims', 0)]),
              node('Greater', ['mean', 'half'], ['bright']),
              node('If', ['bright'], ['logits'], [branch('then_branch', 'Relu'), branch('else_branch', 'Neg')]),
            ],
          },
        }),
      );
      await assert.rejects(run(path), (error: { code: string; message: string }) => error.code === 'unsupported' && /If "[^"]*"/.test(error.message));
    });

    for (const op of ['Round', 'Sign', 'Floor'])
      it(`${op} in the way is named before anything runs`, async () => {
        await assert.rejects(run(finish((g, z) => g.node(op, [z]))), (error: { code: string; message: string }) => {
          assert.equal(error.code, 'unsupported');
          return new RegExp(`No gradient passes through ${op}`).test(error.message);
        });
      });
  });

  it('no critical flag is raised on eleven sound models, a linear one, one of two classes and one for oblong images among them', async () => {
    const sound: Readonly<Record<string, ColourModel>> = {
      linear: {},
      'with spare logits': { spare: 7 },
      'after a softmax': { finish: (g, z) => g.node('Softmax', [z], { axis: 1 }) },
      'of log-probabilities': { finish: (g, z) => g.node('LogSoftmax', [z], { axis: 1 }) },
      'with a hidden layer': { finish: (g, z) => g.sub(g.node('Relu', [z]), g.node('Relu', [g.mul(z, g.scalar(-0.5))])) },
      'with a bend': { finish: (g, z) => g.mul(g.node('Tanh', [g.mul(z, g.scalar(0.1))]), g.scalar(10)) },
      'half as sure': { finish: (g, z) => g.mul(z, g.scalar(0.5)) },
      'three times as sure': { finish: (g, z) => g.mul(z, g.scalar(3)) },
      'with an offset': { finish: (g, z) => g.add(z, g.scalar(5)) },
      'of a fixed batch': { batch: 4 },
      'with a Dropout that is off': { finish: (g, z) => g.node('Dropout', [z, g.scalar(0.5)]) },
    };
    for (const [name, model] of Object.entries(sound)) {
      const { report, code } = await run(modelFile(model), { preset: 'quick' });
      assert.deepEqual([name, codes(report, 'critical'), code], [name, [], 0]);
      assert.equal(report.results[0]!.robustCorrect, robustCount(images, 8 / 255), name);
    }
    const two = join(root, 'two');
    for (const [k, name] of ['dark', 'light'].entries()) {
      mkdirSync(join(two, name), { recursive: true });
      for (let i = 0; i < 10; i++) {
        const random = new Random(3, name, i);
        const bytes = Uint8Array.from({ length: 3 * 4 * 9 }, () => 90 + 60 * k + random.integer(30));
        writeFileSync(join(two, name, `${i}.png`), await encodePng({ width: 9, height: 4, data: bytes }));
      }
    }
    const g = newBuilder();
    const mean = g.node('ReduceMean', [g.input('image', 'float32', ['batch', 3, 4, 9]), g.ints([1, 2, 3])], { keepdims: 0 });
    const column = g.reshape(mean, ['batch', 1]);
    g.output('logits', g.mul(g.node('Concat', [g.sub(g.scalar(0.52), column), g.sub(column, g.scalar(0.52))], { axis: 1 }), g.scalar(20)));
    const { report } = await run(modelFile(toOnnx(g.build('oblong'))), { data: two, preset: 'standard', queries: '50', steps: '20' });
    assert.deepEqual([codes(report, 'critical'), report.results[0]!.cleanAccuracy, report.data.width], [[], 1, 9]);
  });
});
