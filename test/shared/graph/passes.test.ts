/** @file The passes that make graphs leaner: the same results from fewer nodes and constants. */
import assert from 'node:assert/strict';
import { onesLike, gradient } from '@robenc/shared/autodiff/vjp.js';
import type { GraphBuilder } from '@robenc/shared/graph/builder.js';
import { optimize, passes } from '@robenc/shared/graph/passes/index.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { floats, numbersOf, sizeOf, type Graph, type TensorData, type Value } from '@robenc/shared/graph/value.js';
import { Random } from '@robenc/shared/math/random.js';
import { newBuilder, operators } from '@robenc/shared/ops/index.js';
import { openSession } from '@robenc/shared/runtime/session.js';

const random = new Random(1, 'passes');
const normal = (...shape: number[]): TensorData =>
  floats(
    Array.from({ length: sizeOf(shape) }, () => random.normal()),
    shape,
  );
const positive = (size: number): TensorData => floats(Array.from({ length: size }, () => random.uniform(0.5, 2)));

function count(graph: Graph, op?: string): number {
  return graph.nodes.filter((node) => op === undefined || node.op === op).length;
}

/** Checks that the graph gives the same after a pass, within `tolerance` relative to the largest value; returns the graph after it. */
async function same(graph: Graph, run: (graph: Graph) => Graph, tolerance = 0): Promise<Graph> {
  const lean = run(graph);
  const feeds = Object.fromEntries(graph.inputs.map(({ name, type }) => [name, normal(...type.shape.map((size) => (typeof size === 'number' ? size : 2)))]));
  const [before, after] = await Promise.all([graph, lean].map((each) => resultsOf(each, feeds)));
  for (const { name } of graph.outputs) {
    const [a, b] = [numbersOf(before![name]!), numbersOf(after![name]!)];
    const largest = Math.max(...a.map(Math.abs));
    assert.deepEqual(after![name]!.shape, before![name]!.shape);
    assert.ok(largest > 0);
    for (const [i, value] of a.entries()) assert.ok(Math.abs(value - b[i]!) <= tolerance * largest, `${name}[${i}]: ${value} became ${b[i]}`);
  }
  return lean;
}

async function resultsOf(graph: Graph, feeds: Record<string, TensorData>): Promise<Record<string, TensorData>> {
  const session = await openSession(toOnnx(graph), { threads: 1 });
  return session.run(feeds).finally(() => session.close());
}

const only =
  (name: string) =>
  (graph: Graph): Graph =>
    passes.get(name).run(graph, operators);

function convolution(g: GraphBuilder, x: Value, name: string, out: number): Value {
  const inner = Number(x.type.shape[1]);
  return g.node('Conv', [x, g.parameter(normal(out, inner, 3, 3), `${name}.w`)], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });
}

function norm(g: GraphBuilder, x: Value, name: string): Value {
  const size = Number(x.type.shape[1]);
  const parts = [positive(size), normal(size), normal(size), positive(size)].map((tensor, i) => g.parameter(tensor, `${name}.${i}`));
  return g.node('BatchNormalization', [x, ...parts], { epsilon: 1e-3 });
}

describe('passes', () => {
  it('a batch normalisation moves into the convolution before it, and the gradient has no trace of it', async () => {
    const g = newBuilder();
    const x = g.input('x', 'float32', ['batch', 3, 6, 6]);
    const y = g.node('Relu', [norm(g, convolution(g, x, 'a', 4), 'n')]);
    g.output('y', y);
    const model = g.build();
    const lean = await same(model, only('fold-batch-norm'), 1e-6);
    assert.deepEqual(
      lean.nodes.map(({ op }) => op),
      ['Conv', 'Relu'],
    );
  });

  it('a batch normalisation stays where its convolution is read by others, is an output, or has statistics of the batch', () => {
    const g = newBuilder();
    const x = g.input('x', 'float32', ['batch', 3, 6, 6]);
    const shared = convolution(g, x, 'a', 4);
    g.output('both', g.add(norm(g, shared, 'n'), shared));
    const given = convolution(g, x, 'b', 4);
    g.output('given', given);
    g.output('normalised', norm(g, given, 'm'));
    const vector = (name: string): Value => g.parameter(positive(4), name);
    const training = g.nodeOutputs(
      'BatchNormalization',
      [convolution(g, x, 'c', 4), vector('s'), vector('b'), vector('u'), vector('v')],
      { training_mode: 1 },
      { outputs: 3 },
    );
    g.output('training', training[0]!);
    assert.equal(count(only('fold-batch-norm')(g.build()), 'BatchNormalization'), 3);
  });

  it('transposes cancel through arithmetic, constants for each channel turned with them', async () => {
    const g = newBuilder();
    const x = g.input('x', 'float32', ['batch', 4, 3, 3]);
    const last = g.transpose(x, [0, 2, 3, 1]);
    const scaled = g.mul(g.node('Tanh', [last]), g.parameter(normal(4), 'scale'));
    g.output('y', g.node('Relu', [g.transpose(scaled, [0, 3, 1, 2])]));
    const lean = await same(g.build(), optimized);
    assert.equal(count(lean, 'Transpose'), 0);
  });

  it('two transposes that are added become one, and one that nothing swallows stays where it is', async () => {
    const g = newBuilder();
    const [a, b] = ['a', 'b'].map((name) => g.transpose(g.input(name, 'float32', [2, 3, 4]), [2, 0, 1])) as [Value, Value];
    g.output('sum', g.add(a, b));
    const lean = await same(g.build(), only('cancel-transposes'));
    assert.equal(count(lean, 'Transpose'), 1);
    const h = newBuilder();
    h.output('y', h.node('Relu', [h.transpose(h.input('x', 'float32', [2, 3]), [1, 0])]));
    assert.deepEqual(
      only('cancel-transposes')(h.build()).nodes.map(({ op }) => op),
      ['Transpose', 'Relu'],
    );
  });

  it('constants are computed; large ones that are needed as they are too are not stored twice', async () => {
    const g = newBuilder();
    const x = g.input('x', 'float32', ['batch', 100]);
    const [once, twice] = [g.parameter(normal(100, 100), 'once'), g.parameter(normal(100, 100), 'twice')];
    const y = g.node('MatMul', [g.node('MatMul', [g.node('MatMul', [x, g.transpose(once, [1, 0])]), g.transpose(twice, [1, 0])]), twice]);
    g.output('y', g.mul(y, g.node('Reciprocal', [g.node('Sqrt', [g.parameter(positive(100), 'variance')])])));
    const lean = await same(g.build(), only('fold-constants'), 1e-6);
    assert.equal(count(lean, 'Transpose'), 1);
    assert.equal(count(lean, 'Sqrt') + count(lean, 'Reciprocal'), 0);
    assert.ok(toOnnx(lean).length < 1.05 * 4 * 20_000, 'the file has both matrices once');
  });

  it('filters of a convolution and its gradient are stored once, in whatever way the gradient turns them', async () => {
    for (const [kernel, stride, group] of [
      [3, 1, 1],
      [3, 2, 1],
      [1, 1, 1],
      [3, 1, 2],
    ] as const) {
      const g = newBuilder();
      const x = g.input('x', 'float32', ['batch', 128, 8, 8]);
      const scale = g.constant(positive(1));
      const filters = g.mul(g.parameter(normal(128, 128 / group, kernel, kernel), 'w'), scale);
      const pad = (kernel - 1) / 2;
      const attrs = { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [pad, pad, pad, pad], group };
      const y = g.node('Conv', [x, filters], attrs);
      g.output('y', y);
      const [slope] = gradient(g, [{ value: y, cotangent: onesLike(g, y) }], [x]);
      g.output('slope', slope!);
      const lean = await same(g.build(), (graph) => optimize(graph, operators));
      const constants = new Set(lean.nodes.flatMap(({ inputs }) => inputs.flatMap((value) => (value?.data ? [value.data.data] : []))));
      const stored = [...constants].reduce((sum, { length }) => sum + length, 0);
      const once = (128 * 128 * kernel ** 2) / group;
      assert.ok(stored >= once && stored < 1.1 * once + 200, `${kernel}×${kernel}, stride ${stride}, ${group} groups: ${stored} elements for ${once}`);
    }
  });

  it('equal constants are stored once', async () => {
    const g = newBuilder();
    const x = g.input('x', 'float32', ['batch', 50]);
    const tied = normal(50, 50);
    const copies = ['a', 'b'].map((name) => g.parameter({ ...tied, data: tied.data.slice() }, name)) as [Value, Value];
    g.output('y', g.node('MatMul', [g.node('MatMul', [x, copies[0]]), copies[1]]));
    const lean = await same(g.build(), only('share-constants'));
    assert.ok(toOnnx(g.build()).length > 20_000 && toOnnx(lean).length < 11_000);
  });

  it('a small residual network: fewer nodes, the same value and input gradient', async () => {
    const g = newBuilder();
    const x = g.input('x', 'float32', ['batch', 3, 8, 8]);
    const stem = g.node('Relu', [norm(g, convolution(g, x, 'stem', 4), 'n0')]);
    const branch = norm(g, convolution(g, g.node('Relu', [norm(g, convolution(g, stem, 'a', 4), 'n1')]), 'b', 4), 'n2');
    const y = g.node('Relu', [g.add(branch, stem)]);
    g.output('y', y);
    const model = g.build();
    const differentiated = (of: Graph): Graph => {
      const h = newBuilder();
      const input = h.input('x', 'float32', ['batch', 3, 8, 8]);
      const values = new Map<Value, Value>([[of.inputs[0]!, input]]);
      for (const node of of.nodes) {
        const own = node.inputs.map((value) => value && (values.get(value) ?? h.constant(value.data!, value.name)));
        values.set(node.outputs[0]!, h.node(node.op, own, node.attrs));
      }
      const result = values.get(of.outputs[0]!.value)!;
      const [slope] = gradient(h, [{ value: result, cotangent: onesLike(h, result) }], [input]);
      h.output('y', result);
      h.output('gradient', slope!);
      return h.build();
    };
    const plain = differentiated(model);
    const lean = await same(plain, () => optimized(differentiated(optimized(model))), 3e-6);
    // Three normalisations, and their three factors in the gradient.
    assert.equal(lean.nodes.length, plain.nodes.length - 6, `${plain.nodes.length} nodes became ${lean.nodes.length}`);
    assert.equal(count(lean, 'BatchNormalization'), 0);
  });
});

function optimized(graph: Graph): Graph {
  return optimize(graph, operators);
}
