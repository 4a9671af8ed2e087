/** @file `robenc convert` on models of TensorFlow.js as files; tf2onnx's failures by stand-ins for Python that fail as it does. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import convert from '@robenc/export/commands/convert.js';
import exportCommand from '@robenc/train/commands/export.js';
import verify from '@robenc/train/commands/verify.js';
import type { VerificationReport } from '@robenc/export/report/document.js';
import { loadTfjsModel } from '@robenc/export/tfjs/load.js';
import { traceTfjsModel } from '@robenc/export/tfjs/trace-model.js';
import { eagerOutputs, outputDistance } from '@robenc/export/verify.js';
import { feedsFor } from '@robenc/shared/deploy/golden.js';
import { openPackage } from '@robenc/shared/package/open.js';
import { convertWithTf2onnx } from '@robenc/export/tf2onnx/convert.js';
import { readOptions } from '@robenc/shared/config/command-options.js';
import { floats } from '@robenc/shared/graph/value.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import { memoryContext } from '../../context.js';
import { refusal } from '../../refusal.js';
import { parity } from './parity.js';

const SMALL_GRAPH = join(import.meta.dirname, '../../fixtures/tfjs/small-graph');

/** Writes a model of layers as model.json and weights.bin. */
async function saved(model: tf.LayersModel, folder: string): Promise<void> {
  await model.save({
    save(artifacts: tf.io.ModelArtifacts) {
      const { modelTopology, weightSpecs, weightData } = artifacts;
      writeFileSync(join(folder, 'weights.bin'), Buffer.from(weightData as ArrayBuffer));
      const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
      writeFileSync(join(folder, 'model.json'), JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest }));
      return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' as const } });
    },
  });
}

describe('robenc convert', () => {
  let root: string;
  let json: string;
  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'robenc-convert-'));
    json = join(root, 'model.json');
    await tf.setBackend('cpu');
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [8, 8, 3], filters: 4, kernelSize: 3, activation: 'relu' }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 5, activation: 'softmax' }),
      ],
    });
    await saved(model, root);
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  async function run(model: string, flags: Readonly<Record<string, unknown>>) {
    const context = memoryContext({ cwd: root });
    const code = await convert.run({ model, ...readOptions(convert, flags) }, context);
    return { code, lines: context.lines };
  }

  it('keeps heights and widths free where it is asked to, for models that leave them free', async () => {
    const folder = join(root, 'free');
    mkdirSync(folder);
    const layers = [
      tf.layers.conv2d({ inputShape: [null, null, 3], filters: 4, kernelSize: 3, strides: 2, padding: 'same' }),
      tf.layers.globalAveragePooling2d({}),
    ];
    await saved(tf.sequential({ layers }), folder);
    const { code, lines } = await run('free', { output: 'free.onnx', size: 'free/2' });
    assert.equal(code, 0, lines.join('\n'));
    const session = await openSession(join(root, 'free.onnx'));
    assert.deepEqual(session.inputs[0]!.shape, ['batch', '2*height', '2*width', 3]);
    await session.close();
    await assert.rejects(run('free', { output: 'other.onnx' }), refusal('usage', /leaves axis 1 free.*--size 224x224, or keep it free with --size free/));
    await assert.rejects(
      run('free', { output: 'other.onnx', size: 'free/0x' }),
      refusal('usage', /--size free\/0x: give height and width as in 224x224, or free/),
    );
    const flags = { name: 'free', models: 'models', size: 'free' };
    await assert.rejects(
      exportCommand.run({ source: folder, ...readOptions(exportCommand, flags) }, memoryContext({ cwd: root })),
      refusal('usage', /A package has images of one size/),
    );
  });

  it('converts a model of layers, given by its folder, and says how far it is from tfjs', async () => {
    const { code, lines } = await run('.', { output: 'out.onnx' });
    assert.equal(code, 0);
    assert.match(lines.join('\n'), /within .* of tfjs/);
    const session = await openSession(join(root, 'out.onnx'));
    assert.deepEqual(
      session.inputs.map(({ shape }) => shape),
      [['batch', 8, 8, 3]],
    );
    await session.close();
    await assert.rejects(run('.', { output: 'out.onnx' }), refusal('usage', /--force/));
  });

  it('missing models, cut shards, shards outside of the folder and free sizes are named', async () => {
    await assert.rejects(run('nowhere', { output: 'x.onnx' }), refusal('not-found', /no TensorFlow\.js model/));
    const stored = readFileSync(json, 'utf8');
    writeFileSync(json, stored.replace('"weights.bin"', '"../weights.bin"'));
    await assert.rejects(run('.', { output: 'x.onnx' }), refusal('bad-file', /"\.\.\/weights\.bin", which lies outside/));
    writeFileSync(json, stored.replace('"weights.bin"', '"gone.bin"'));
    await assert.rejects(run('.', { output: 'x.onnx' }), refusal('not-found', /gone\.bin/));
    writeFileSync(json, stored.replaceAll('8,8,3', 'null,null,3'));
    await assert.rejects(run('.', { output: 'x.onnx' }), /.*/);
    writeFileSync(json, stored);
    await assert.rejects(run('.', { output: 'x.onnx', via: 'tf2onnx' }), refusal('unsupported', /model of layers, and tf2onnx reads graph models only/));
    assert.equal(existsSync(join(root, 'x.onnx')), false);
  });

  it('stored graph models of the converter keep the names of their signature, and equal tfjs for several batches', async () => {
    await run(SMALL_GRAPH, { output: 'graph.onnx' });
    const session = await openSession(join(root, 'graph.onnx'));
    assert.deepEqual(
      session.inputs.map(({ name, shape }) => [name, shape]),
      [['pixels', ['batch', 12, 10, 3]]],
    );
    assert.deepEqual(
      session.outputs.map(({ name }) => name),
      ['dense_2', 'up_sampling2d'],
    );
    await session.close();
    const { maxRelativeError } = await parity(await loadTfjsModel(join(SMALL_GRAPH, 'model.json')), { batches: [1, 2, 5] });
    assert.ok(maxRelativeError <= 1e-5, String(maxRelativeError));
  });

  it('a kernel of a graph that cannot be traced is named with its node', async () => {
    const opened = await loadTfjsModel(join(SMALL_GRAPH, 'model.json'));
    assert.ok(opened.kind === 'graph');
    const nodes = (opened.model as unknown as { executor: { graph: { nodes: Record<string, { name: string; op: string; category: string }> } } }).executor.graph
      .nodes;
    const erf = Object.values(nodes).find(({ op }) => op === 'Erf')!;
    erf.op = 'Imag';
    assert.throws(
      () => traceTfjsModel(opened),
      refusal('unsupported', new RegExp(`In Imag "${erf.name.replaceAll(/[^\\w/]/g, '.')}": The tfjs kernel Imag cannot`)),
    );
  });

  it('takes the very tensor that a signature names, the second output of a node too', async () => {
    const split = (signature: Record<string, string>) => {
      const value = (x: object) => ({ value: x });
      const node = (name: string, op: string, input: string[], attr: object) => ({ name, op, input, attr });
      return {
        modelTopology: {
          node: [
            node('x', 'Placeholder', [], { dtype: { type: 'DT_FLOAT' }, shape: { shape: { dim: [{ size: '-1' }, { size: '4' }] } } }),
            node('axis', 'Const', [], { dtype: { type: 'DT_INT32' }, ...value({ tensor: { dtype: 'DT_INT32', tensorShape: {} } }) }),
            node('split', 'Split', ['axis', 'x'], { num_split: { i: '2' }, T: { type: 'DT_FLOAT' } }),
          ],
          versions: { producer: 1 },
        },
        format: 'graph-model',
        signature: {
          inputs: { x: { name: 'x:0', dtype: 'DT_FLOAT', tensorShape: { dim: [{ size: '-1' }, { size: '4' }] } } },
          outputs: Object.fromEntries(Object.entries(signature).map(([key, name]) => [key, { name, dtype: 'DT_FLOAT' }])),
        },
        weightsManifest: [{ paths: ['axis.bin'], weights: [{ name: 'axis', shape: [], dtype: 'int32' }] }],
      };
    };
    const folder = join(root, 'split');
    mkdirSync(folder);
    writeFileSync(join(folder, 'axis.bin'), Buffer.from(Int32Array.of(1).buffer));
    writeFileSync(join(folder, 'model.json'), JSON.stringify(split({ right: 'split:1', left: 'split:0' })));
    const { code, lines } = await run('split', { output: 'split.onnx' });
    assert.equal(code, 0, lines.join('\n'));
    const session = await openSession(join(root, 'split.onnx'));
    const answer = await session.run({ x: floats([0, 1, 2, 3], [1, 4]) });
    await session.close();
    assert.deepEqual(
      [Array.from(answer['left']!.data as Float32Array), Array.from(answer['right']!.data as Float32Array)],
      [
        [0, 1],
        [2, 3],
      ],
    );
    writeFileSync(join(folder, 'axis.bin'), Buffer.alloc(8));
    await assert.rejects(run('split', { output: 'more.onnx' }), refusal('bad-file', /weights take 4 bytes, and axis\.bin hold 8/));
    await assert.rejects(run('.', { output: 'sized.onnx', size: '8x8' }), refusal('usage', /--size is for models that leave the size of images free/));
  });

  for (const op of ['StatelessWhile', 'Where'])
    it(`names control flow and results of any length, such as ${op}`, async () => {
      const opened = await loadTfjsModel(join(SMALL_GRAPH, 'model.json'));
      assert.ok(opened.kind === 'graph');
      const { nodes } = (opened.model as unknown as { executor: { graph: { nodes: Record<string, { name: string; op: string }> } } }).executor.graph;
      const node = Object.values(nodes).find((entry) => entry.op === 'Erf')!;
      node.op = op;
      assert.throws(() => traceTfjsModel(opened), refusal('unsupported', new RegExp(`In ${op} ".*Erf.*": what is computed next depends on values`)));
    });

  it('a package of a model is made, serves pixels from 0 to 1, and says what it was compared with', async () => {
    const context = memoryContext({ cwd: root });
    const flags = { name: 'stored', range: ['-1,1'], output: 'dense_2', classes: ['a,b,c,d'], models: 'models' };
    assert.equal(await exportCommand.run({ source: SMALL_GRAPH, ...readOptions(exportCommand, flags) }, context), 0);
    const { manifest, path } = await openPackage(join(root, 'models'), 'stored');
    assert.equal(manifest.origin.kind, 'tfjs');
    assert.match(manifest.parity[0]!.against, /tfjs \d/);
    const opened = await loadTfjsModel(join(SMALL_GRAPH, 'model.json'));
    const { fn } = traceTfjsModel(opened, { nchw: false });
    const session = await openSession(path('classifier')!);
    const feeds = feedsFor(session, 4);
    const [found, expected] = await Promise.all([
      session.run(feeds, ['logits']),
      eagerOutputs(({ image }) => fn({ pixels: tf.sub(tf.mul(tf.transpose(image!, [0, 2, 3, 1]), 2), 1) }), feeds),
    ]);
    assert.ok(outputDistance('classifier', { logits: expected.outputs['dense_2']! }, found).relative < 1e-5);
    await session.close();
    await assert.rejects(
      exportCommand.run({ source: root + '/models', ...readOptions(exportCommand, { via: 'tf2onnx' }) }, memoryContext({ cwd: root })),
      refusal('usage', /tf2onnx reads graph models/),
    );
  });

  it('a verification covers batches and kinds of images, is written as JSON and HTML, and ends with 1 on a mismatch', async () => {
    const context = memoryContext({ cwd: root });
    const flags = { out: 'report', batch: ['1,3'], device: ['cpu'], range: ['-1,1'] };
    assert.equal(await verify.run({ model: SMALL_GRAPH, ...readOptions(verify, flags) }, context), 0);
    const report = JSON.parse(readFileSync(join(root, 'report', 'verification.json'), 'utf8')) as VerificationReport;
    assert.equal(report.checks.length, 5 + 1);
    assert.ok(report.passed && report.checks.every(({ maxRelativeError }) => maxRelativeError < 1e-5));
    assert.match(readFileSync(join(root, 'report', 'verification.html'), 'utf8'), /Passed:.*6 checks/);
    const strict = memoryContext({ cwd: root });
    assert.equal(await verify.run({ model: SMALL_GRAPH, ...readOptions(verify, { ...flags, tolerance: 0 }) }, strict), 1);
    assert.match(strict.lines.join('\n'), /FAILED/);
    assert.match(readFileSync(join(root, 'report', 'verification.html'), 'utf8'), /Failed:/);
  });

  it('a Python that is not there, lacks tf2onnx, fails, hangs or is stopped is each told apart', async () => {
    const python = join(root, 'python');
    const attempt = (script: string | null, { timeoutMs = 20_000, signal = new AbortController().signal } = {}) => {
      if (script !== null) {
        writeFileSync(python, `#!/bin/sh\n${script}\n`);
        chmodSync(python, 0o755);
      }
      const told: string[] = [];
      const work = convertWithTf2onnx({
        modelJson: json,
        output: join(root, 'y.onnx'),
        python: script === null ? join(root, 'none') : python,
        opset: 17,
        timeoutMs,
        signal,
        tell: (line) => told.push(line),
      });
      return { work, told };
    };
    await assert.rejects(attempt(null).work, refusal('unavailable', /no Python to run at .*pip install tf2onnx/));
    await assert.rejects(
      attempt('echo "/usr/bin/python: No module named tf2onnx" >&2; exit 1').work,
      refusal('unavailable', /tf2onnx is not installed for .*--python/),
    );
    const failing = attempt('echo converting; echo "ValueError: op Foo unsupported" >&2; exit 3');
    await assert.rejects(failing.work, refusal('unsupported', /exit code 3\): ValueError: op Foo unsupported/));
    assert.deepEqual(failing.told.sort(), ['ValueError: op Foo unsupported', 'converting']);
    await assert.rejects(attempt('exec sleep 60', { timeoutMs: 300 }).work, refusal('unavailable', /did not end within 0\.3 s/));
    const stop = new AbortController();
    const hanging = attempt('exec sleep 60', { signal: stop.signal });
    setTimeout(() => stop.abort(), 200);
    await assert.rejects(hanging.work, refusal('cancelled', /stopped/));
  });
});
