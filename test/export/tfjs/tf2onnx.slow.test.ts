/** @file tf2onnx itself, from PyPI, on a graph model: conversion, comparison, refusal and cancellation. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import convert from '@robenc/export/commands/convert.js';
import { convertWithTf2onnx } from '@robenc/export/tf2onnx/convert.js';
import exportCommand from '@robenc/train/commands/export.js';
import verify from '@robenc/train/commands/verify.js';
import type { VerificationReport } from '@robenc/export/report/document.js';
import { readOptions } from '@robenc/shared/config/command-options.js';
import { pythonOf } from '../../../bench/peers/python.js';
import { memoryContext } from '../../context.js';
import { refusal } from '../../refusal.js';
import { skip } from '../../skip.js';

const SMALL_GRAPH = join(import.meta.dirname, '../../fixtures/tfjs/small-graph');

describe('tf2onnx as a second opinion', function () {
  this.timeout(20 * 60_000);
  let root: string;
  let python: string;
  before(function () {
    const peer = pythonOf('tfjs');
    if ('absent' in peer) skip(this, peer.absent);
    python = peer.python;
    root = mkdtempSync(join(tmpdir(), 'robenc-tf2onnx-'));
  });
  after(() => {
    if (root !== undefined) rmSync(root, { recursive: true, force: true });
  });

  it('converts a graph model, tells its progress, and equals tfjs and our own graph', async () => {
    const context = memoryContext({ cwd: root });
    const flags = { python, against: 'tf2onnx', device: ['cpu'], batch: ['2'], out: 'report' };
    assert.equal(await verify.run({ model: SMALL_GRAPH, ...readOptions(verify, flags) }, context), 0);
    assert.match(context.notes.join('\n'), /Using tensorflow=/);
    const { checks } = JSON.parse(readFileSync(join(root, 'report', 'verification.json'), 'utf8')) as VerificationReport;
    assert.deepEqual([...new Set(checks.map(({ graph, against }) => `${graph}: ${against}`))], ['trace: tfjs', 'tf2onnx: tfjs', 'tf2onnx: trace']);
    assert.ok(checks.every(({ maxRelativeError }) => maxRelativeError < 1e-4));
  });

  it('makes a package of its graph', async () => {
    const context = memoryContext({ cwd: root });
    const flags = { python, via: 'tf2onnx', name: 'second', output: 'dense_2', models: 'models' };
    assert.equal(await exportCommand.run({ source: SMALL_GRAPH, ...readOptions(exportCommand, flags) }, context), 0);
    assert.match(context.lines.join('\n'), /converted by tf2onnx/);
    assert.ok(existsSync(join(root, 'models', 'second', '1', 'gradient.onnx')));
  });

  it('an operator that it does not know is told in its own words, and nothing is written', async () => {
    await cp(SMALL_GRAPH, join(root, 'odd'), { recursive: true });
    const file = join(root, 'odd', 'model.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"op": "Erf"', '"op": "Bessel"'));
    const flags = { python, via: 'tf2onnx', output: 'odd.onnx' };
    await assert.rejects(
      convert.run({ model: 'odd', ...readOptions(convert, flags) }, memoryContext({ cwd: root })),
      refusal('unsupported', /In Bessel ".*TensorFlow\.js itself/),
    );
    const job = {
      modelJson: file,
      output: join(root, 'odd.onnx'),
      python,
      opset: 17,
      timeoutMs: 600_000,
      signal: new AbortController().signal,
      tell: () => undefined,
    };
    await assert.rejects(convertWithTf2onnx(job), refusal('unsupported', /tf2onnx cannot convert this model .*Bessel/));
    assert.equal(existsSync(join(root, 'odd.onnx')), false);
  });

  it('is stopped while it works, and leaves nothing behind', async () => {
    const stop = new AbortController();
    const context = memoryContext({ cwd: root, signal: stop.signal });
    const job = convert.run({ model: SMALL_GRAPH, ...readOptions(convert, { python, via: 'tf2onnx', output: 'stopped.onnx' }) }, context);
    setTimeout(() => stop.abort(), 1500);
    await assert.rejects(job, refusal('cancelled', /stopped/));
    assert.equal(existsSync(join(root, 'stopped.onnx')), false);
  });
});
