/** @file The reference checker of ONNX, with shape inference, takes every gradient graph: of each sample of each operator, and of each form of file. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gradient, onesLike } from '@robenc/shared/autodiff/vjp.js';
import { copyInto } from '@robenc/shared/graph/copy.js';
import { fromOnnx } from '@robenc/shared/graph/from-onnx.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { isFloat, type Graph } from '@robenc/shared/graph/value.js';
import { newBuilder, operators } from '@robenc/shared/ops/index.js';
import { pythonOf } from '../../../bench/peers/python.js';
import { skip } from '../../skip.js';
import { forms } from '../hostile/seeds.js';
import { inType, isPort, titleOf, type Sample } from '../ops/sample.js';
import { samples } from '../ops/samples.js';

/** A graph with the gradient of the sum of its float outputs by its float inputs, where there is one. */
function withGradient(graph: Graph): Graph {
  const g = newBuilder();
  const copied = copyInto(g, graph);
  for (const { name } of graph.outputs) g.output(name, copied.outputs[name]!);
  const seeds = graph.outputs.filter(({ value }) => isFloat(value.type.dtype)).map(({ name }) => copied.outputs[name]!);
  const inputs = graph.inputs.filter(({ type }) => isFloat(type.dtype)).map(({ name }) => copied.inputs[name]!);
  const slopes = gradient(
    g,
    [...new Set(seeds)].map((value) => ({ value, cotangent: onesLike(g, value) })),
    inputs,
  );
  for (const [i, slope] of slopes.entries()) if (slope) g.output(`gradient_of_${i}`, slope);
  return g.build(graph.name);
}

function graphOf(sample: Sample, half: boolean): Graph {
  const g = newBuilder();
  const dtype = half ? 'float16' : (sample.dtype ?? 'float64');
  const inputs = sample.inputs.map((input, i) => {
    if (!input) return null;
    if (isPort(input)) return g.input(`x${i}`, dtype, input.shape);
    const constant = g.constant(inType(input, half ? 'float32' : dtype));
    return half && isFloat(constant.type.dtype) ? g.cast(constant, 'float16') : constant;
  });
  const outputs = g.nodeOutputs(sample.op, inputs, sample.attrs, { domain: sample.domain ?? '', outputs: sample.outputs ?? 1 });
  const through = sample.through ?? [...outputs.keys()];
  for (const i of through) g.output(`y${i}`, outputs[i]!);
  return g.build(sample.op);
}

const hasGradient = ({ op, domain = '', inputs }: Sample): boolean => {
  const { grad, parts } = operators.find(op, domain)!;
  return !!(grad ?? parts) && inputs.some((input) => input && isPort(input));
};

/** Without float16: composites and quantisers of other types, and operators that ONNX or ONNX Runtime define for wider floats alone. */
const NO_HALVES = new Set([
  'AffineGrid',
  'Cast',
  'Celu',
  'Col2Im',
  'ConvWeightGrad',
  'DequantizeLinear',
  'DynamicQuantizeLinear',
  'Interleave',
  'LogDetInverse',
  'QuantizeLinear',
  'Resize',
  'Unique',
]);

/** 5 · float32(1.4) is 7 in the float32 of ONNX Runtime, and less than that in the checker. */
const isRoundedElsewhere = ({ op, inputs }: Sample): boolean =>
  op === 'Resize' && inputs.some((input) => input && !isPort(input) && input.data.includes(Math.fround(1.4) as never));

describe('the checker of ONNX', function () {
  this.timeout(20 * 60_000);
  let python: string;
  const folder = mkdtempSync(join(tmpdir(), 'robenc-checker-'));
  before(function () {
    const found = pythonOf('torch');
    if ('absent' in found) return skip(this, found.absent);
    python = found.python;
  });
  after(() => rmSync(folder, { recursive: true }));

  function check(graphs: readonly (readonly [string, () => Graph])[]): void {
    const paths = graphs.map(([title, make], i) => {
      const path = join(folder, `${i}.onnx`);
      try {
        writeFileSync(path, toOnnx(make()));
      } catch (cause) {
        throw new Error(`${title}: ${String(cause)}`, { cause });
      }
      return path;
    });
    const script = join(import.meta.dirname, '../../../bench/peers/check_onnx.py');
    const { stdout, stderr } = spawnSync(python, [script, '--check-only', ...paths], { encoding: 'utf8', maxBuffer: 2 ** 28 });
    const lines = stdout.split('\n').filter((line) => /^(ok|FAIL) /.test(line));
    assert.equal(lines.length, graphs.length, stderr);
    const refused = lines.flatMap((line, i) => (line.startsWith('FAIL') ? [`${graphs[i]![0]}: ${line}`] : []));
    assert.deepEqual(refused, []);
  }

  it('takes the gradient of every sample', () =>
    check(
      samples
        .filter((sample) => hasGradient(sample) && !isRoundedElsewhere(sample))
        .map((sample) => [titleOf(sample), () => withGradient(graphOf(sample, false))]),
    ));

  it('takes the gradient of every sample in float16', () =>
    check(
      samples
        .filter((sample) => hasGradient(sample) && !NO_HALVES.has(sample.op))
        .map((sample) => [titleOf(sample), () => withGradient(graphOf(sample, true))]),
    ));

  it('takes the gradients of functions, control flow, sparse constants, old operator sets, quantisers and fusions', () =>
    check(forms.map((bytes, i) => [`form ${i}`, () => withGradient(fromOnnx(bytes))])));
});
