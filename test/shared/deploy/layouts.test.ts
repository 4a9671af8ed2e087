/** @file Packages for other runtimes: Triton's model repository, and what a browser needs. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layouts } from '@robenc/shared/deploy/layouts/index.js';
import { writeLayout } from '@robenc/shared/deploy/layouts/write.js';
import { checkGolden, goldenCases } from '@robenc/shared/package/golden.js';
import { openPackage, type ModelPackage } from '@robenc/shared/package/open.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import { refusal } from '../../refusal.js';
import { writeSmallPackage } from './fixture.js';

describe('layouts of a package', () => {
  let root: string;
  let opened: ModelPackage;
  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'robenc-layouts-'));
    opened = await openPackage((await writeSmallPackage(join(root, 'models'))).folder);
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  it('triton: every graph is one file that reproduces its golden outputs, beside a configuration with its ports', async () => {
    const out = join(root, 'triton');
    writeLayout('triton', opened, out);
    const cases = goldenCases(opened);
    for (const role of ['encoder', 'classifier', 'gradient'] as const) {
      const session = await openSession(readFileSync(join(out, `small-${role}`, '1', 'model.onnx')));
      await checkGolden(session, cases.get(role)!, role);
      const config = readFileSync(join(out, `small-${role}`, 'config.pbtxt'), 'utf8');
      assert.match(config, new RegExp(`^name: "small-${role}"\nplatform: "onnxruntime_onnx"\nmax_batch_size: [1-9]`));
      assert.match(config, /dynamic_batching \{\n {2}preferred_batch_size: \[ 8, 16, 32 \]/);
      for (const { name, shape } of [...session.inputs, ...session.outputs]) {
        const dims = shape.length === 1 ? 'dims: [ 1 ]\n    reshape: { shape: [ ] }' : `dims: [ ${shape.slice(1).join(', ')} ]`;
        assert.ok(
          config.includes(`name: "${name}"\n    data_type: ${name === 'label' ? 'TYPE_INT64' : 'TYPE_FP32'}\n    ${dims}`),
          `${role}: ${name}\n${config}`,
        );
      }
      await session.close();
    }
    assert.equal(readFileSync(join(out, 'small-classifier', 'labels.txt'), 'utf8'), 'a\nb\nc\nd\n');
    assert.throws(() => writeLayout('triton', opened, out), refusal('usage', /not empty/));
  });

  it('browser: page, model and runtime where onnxruntime-web is installed, else what to install', () => {
    const out = join(root, 'browser');
    try {
      const files = writeLayout('browser', opened, out);
      assert.ok(files.includes('index.html') && files.includes('model.onnx') && files.some((file) => file.endsWith('.wasm')));
    } catch (error) {
      refusal('unavailable', /npm install --no-save onnxruntime-web/)(error);
      assert.equal(existsSync(out), false);
    }
  });

  it('a layout that there is not is answered with those that there are', () => {
    assert.throws(() => layouts.get('tensorrt'), new RegExp(layouts.names.toSorted().join(', ')));
  });
});
