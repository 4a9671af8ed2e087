/** @file `robenc convert` on models of TensorFlow.js as files; tf2onnx's failures by stand-ins for Python that fail as it does. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import convert from '@robenc/export/commands/convert.js';
import { convertWithTf2onnx } from '@robenc/export/tf2onnx/convert.js';
import { readOptions } from '@robenc/shared/config/command-options.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import { memoryContext } from '../../context.js';
import { refusal } from '../../refusal.js';

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
    await model.save({
      save(artifacts: tf.io.ModelArtifacts) {
        const { modelTopology, weightSpecs, weightData } = artifacts;
        writeFileSync(join(root, 'weights.bin'), Buffer.from(weightData as ArrayBuffer));
        writeFileSync(json, JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }] }));
        return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' as const } });
      },
    });
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  async function run(model: string, flags: Readonly<Record<string, unknown>>) {
    const context = memoryContext({ cwd: root });
    const code = await convert.run({ model, ...readOptions(convert, flags) }, context);
    return { code, lines: context.lines };
  }

  it('converts a model of layers, given by its folder, and says how far it is from tfjs', async () => {
    const { code, lines } = await run('.', { output: 'out.onnx' });
    assert.equal(code, 0);
    assert.match(lines.join('\n'), /within .* of tfjs cpu/);
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
