/** @file 1,000 promotes, rollbacks, removals and imports of a real model from four processes, with SIGKILLs between. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyPackage } from '@robenc/shared/deploy/verify-package.js';
import { classifierGraph, headGraph } from '@robenc/shared/evaluation/classifier-graph.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { randomHead, smallEncoder } from '../evaluation/small-encoder.js';
import { storm } from './storm.js';

describe('a registry under 1,000 changes', function () {
  this.timeout(60 * 60_000);

  it('stays readable, and every visible package reproduces its golden outputs: 4 processes, 40 SIGKILLs', async () => {
    const models = mkdtempSync(join(tmpdir(), 'robenc-storm-'));
    try {
      const onnx = join(models, 'model.onnx');
      writeFileSync(onnx, toOnnx(classifierGraph(smallEncoder(1), headGraph(randomHead(1)))));
      const weather = await storm({
        models,
        processes: 4,
        changes: 1000,
        kills: 40,
        seed: 2,
        onnx,
        verify: (folder, reference) => verifyPackage(folder, reference),
      });
      assert.ok(weather.changes >= 1000 && weather.kills >= 40);
      console.log(`      ${weather.changes} changes, ${weather.kills} SIGKILLs, ${weather.looks} looks, ${weather.versions} versions left`);
    } finally {
      rmSync(models, { recursive: true, force: true });
    }
  });
});
