/** @file Gradients of models whose weights do not fit into one file refer to the files of the model. The limit is made small here. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { differentiateFile } from '@robenc/shared/autodiff/differentiate-file.js';
import { fromOnnx } from '@robenc/shared/graph/from-onnx.js';
import { referencedWeights } from '@robenc/shared/graph/referenced-weights.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { floats, numbersOf, type Graph } from '@robenc/shared/graph/value.js';
import { Random } from '@robenc/shared/math/random.js';
import { newBuilder } from '@robenc/shared/ops/index.js';
import { decodeModel } from '@robenc/shared/proto/decode.js';
import { run } from './import.js';

const LIMIT = 10_000;

describe('weights beyond one file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'robenc-weights-'));
  const path = join(folder, 'model.onnx');
  after(() => rmSync(folder, { recursive: true }));

  before(() => {
    const random = new Random(5, 'weights');
    const g = newBuilder();
    const matrix = (name: string) =>
      g.constant(
        floats(
          Float32Array.from({ length: 80 * 80 }, () => random.normal() / 8),
          [80, 80],
        ),
        name,
      );
    const x = g.input('x', 'float32', ['batch', 80]);
    g.output('y', g.node('MatMul', [g.node('Tanh', [g.node('MatMul', [x, matrix('first')])]), matrix('second')]));
    const stored: Uint8Array[] = [];
    const external = (bytes: Uint8Array) => {
      const offset = stored.reduce((sum, { length }) => sum + length, 0);
      stored.push(bytes);
      return { location: 'weights/all.bin', offset, length: bytes.length };
    };
    writeFileSync(path, toOnnx(g.build('large'), { external }));
    mkdirSync(join(folder, 'weights'));
    writeFileSync(join(folder, 'weights/all.bin'), Buffer.concat(stored));
  });

  const gradientOf = (): Graph => differentiateFile(path, { wrt: 'x', loss: 'l2-to-target' }).graph;
  const feeds = { x: floats(new Float32Array(160).fill(0.3), [2, 80]), target: floats(new Float32Array(160), [2, 80]) };

  it('are referred to in the folder of the model, and the gradient is the same', async () => {
    const graph = gradientOf();
    const whole = toOnnx(graph);
    const external = referencedWeights(graph, folder, LIMIT);
    const small = toOnnx(graph, { external: external! });
    assert.ok(small.length < LIMIT && whole.length > 2 * 4 * 80 * 80, `${small.length} and ${whole.length} bytes`);
    const places = decodeModel(small, 'gradient').graph!.initializer.flatMap(({ externalData }) => externalData.filter(({ key }) => key === 'location'));
    assert.deepEqual(
      places.map(({ value }) => value),
      ['weights/all.bin', 'weights/all.bin'],
    );
    const target = join(folder, 'gradient.onnx');
    writeFileSync(target, small);
    assert.deepEqual(numbersOf((await run(target, feeds))['gradient']!), numbersOf((await run(whole, feeds))['gradient']!));
    assert.equal(fromOnnx(target).outputs.length, 3);
  });

  it('stay in the file where they fit', () => assert.equal(referencedWeights(gradientOf(), folder), undefined));

  it('are refused elsewhere, with what to do', () => {
    const elsewhere = join(folder, 'elsewhere');
    mkdirSync(elsewhere);
    symlinkSync(join(folder, 'weights'), join(elsewhere, 'weights'));
    assert.throws(() => referencedWeights(gradientOf(), elsewhere, LIMIT), { code: 'unsupported', message: /write it into the folder of the model/ });
  });
});
