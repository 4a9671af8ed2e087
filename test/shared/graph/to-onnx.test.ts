/** @file Writing ONNX files: names, constants, symbols and determinism, as ONNX Runtime and our own reader see them. */
import assert from 'node:assert/strict';
import { fromOnnx } from '@robenc/shared/graph/from-onnx.js';
import { printGraph, printNode } from '@robenc/shared/graph/print.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { floats, type Graph } from '@robenc/shared/graph/value.js';
import { newBuilder } from '@robenc/shared/ops/index.js';
import { decodeModel } from '@robenc/shared/proto/decode.js';
import { openSession } from '@robenc/shared/runtime/session.js';

function small(): Graph {
  const g = newBuilder();
  const x = g.input('x', 'float32', ['batch', 3]);
  const w = g.constant(
    floats(
      Float32Array.from({ length: 300 }, (_, i) => Math.sin(i)),
      [3, 100],
    ),
    'w',
  );
  const y = g.node('MatMul', [x, w], {}, { name: 'fc' });
  g.output('y', g.node('LeakyRelu', [y], { alpha: 1 }));
  g.output('pairs', g.reshape(y, [50, '2*batch']));
  return g.build('small');
}

describe('writing ONNX files', () => {
  it('the same graph gives the same bytes', () => {
    assert.deepEqual(toOnnx(small(), { metadata: { b: '2', a: '1' } }), toOnnx(small(), { metadata: { a: '1', b: '2' } }));
  });

  it('opset, names, metadata and symbols are as documented, and computed sizes are left open', () => {
    const model = decodeModel(toOnnx(small(), { metadata: { epsilon: '8/255' }, producerVersion: '1.2.3', docString: 'a test' }));
    assert.deepEqual(
      model.opsetImport.map(({ domain, version }) => ({ domain, version })),
      [{ domain: '', version: 20 }],
    );
    assert.deepEqual([model.irVersion, model.producerName, model.producerVersion, model.docString], [9, 'robenc', '1.2.3', 'a test']);
    assert.deepEqual(
      model.metadataProps.map(({ key, value }) => [key, value]),
      [['epsilon', '8/255']],
    );
    const shapes = [...model.graph!.input, ...model.graph!.output].map(({ name, type }) => [
      name,
      ...type!.tensorType!.shape!.dim.map((dim) => dim.dimParam ?? dim.dimValue ?? null),
    ]);
    assert.deepEqual(shapes, [
      ['x', 'batch', 3],
      ['y', 'batch', 100],
      ['pairs', 50, null],
    ]);
  });

  it('attributes that ONNX types as floats are written as floats even where they are whole', () => {
    const alpha = decodeModel(toOnnx(small())).graph!.node.find((node) => node.opType === 'LeakyRelu')!.attribute[0]!;
    assert.deepEqual([alpha.name, alpha.f, alpha.i], ['alpha', 1, undefined]);
  });

  it('a constant that is used in several places is stored once', () => {
    const g = newBuilder();
    const x = g.input('x', 'float32', [100]);
    const data = new Float32Array(100).fill(3);
    g.output('y', g.mul(g.add(x, g.constant(floats(data), 'a')), g.constant(floats(data), 'b')));
    assert.equal(decodeModel(toOnnx(g.build())).graph!.initializer.length, 1);
  });

  it('one value may be several outputs, and an output may be an input or a constant', async () => {
    const g = newBuilder();
    const x = g.input('x', 'float32', [2]);
    const y = g.node('Neg', [x]);
    g.output('a', y);
    g.output('b', y);
    g.output('copy', x);
    g.output('two', g.scalar(2));
    const session = await openSession(toOnnx(g.build()), { threads: 1 });
    try {
      const outputs = await session.run({ x: floats([1, -2]) });
      assert.deepEqual(Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, Array.from(tensor.data as Float32Array)])), {
        a: [-1, 2],
        b: [-1, 2],
        copy: [1, -2],
        two: [2],
      });
    } finally {
      await session.close();
    }
  });

  it('an output that takes the name of another value wins it', async () => {
    const g = newBuilder();
    const x = g.input('x', 'float32', [1]);
    const inner = g.node('Neg', [x], {}, { name: 'y' });
    g.output('y', g.node('Exp', [inner]));
    const session = await openSession(toOnnx(g.build()), { threads: 1 });
    try {
      assert.deepEqual(Array.from((await session.run({ x: floats([0]) }))['y']!.data as Float32Array), [1]);
    } finally {
      await session.close();
    }
  });

  it('an input and another value as output cannot have one name', () => {
    const g = newBuilder();
    g.output('x', g.node('Neg', [g.input('x', 'float32', [1])]));
    assert.throws(() => toOnnx(g.build()), { code: 'bad-input', message: /"x" names both an input and another value/ });
  });

  it('what is written is read back as the same text', () => {
    const graph = small();
    const again = fromOnnx(toOnnx(graph));
    const named = (text: string): string => text.replace('leakyrelu', 'y').replace('reshape', 'pairs').replaceAll(/ +/g, ' ');
    assert.equal(named(printGraph(again)).split('\n')[1], named(printGraph(graph)).split('\n')[1]);
    assert.deepEqual(
      again.outputs.map((output) => output.value.type),
      graph.outputs.map((output) => output.value.type),
    );
  });

  it('a pooling and the same one with its places are written as one node', () => {
    const g = newBuilder();
    const x = g.input('x', 'float32', [1, 1, 4, 4]);
    const attrs = { kernel_shape: [2, 2], strides: [2, 2] };
    g.output('y', g.node('Relu', [g.node('MaxPool', [x], attrs)]));
    g.output('places', g.nodeOutputs('MaxPool', [x], attrs, { outputs: 2 })[1]!);
    assert.deepEqual(
      decodeModel(toOnnx(g.build())).graph!.node.map((node) => node.opType),
      ['MaxPool', 'Relu'],
    );
  });
});

describe('graphs as text', () => {
  it('a node is one line with its types, inputs and attributes', () => {
    const g = newBuilder();
    const x = g.input('x0', 'float32', [4, 5]);
    const passes = g.node('Greater', [x, g.scalar(0)], {}, { name: 'greater_0' });
    const cast = g.node('Cast', [passes], { to: 'float32' }, { name: 'cast_1' });
    assert.deepEqual(
      [passes, cast].map((value) => printNode(value.node!)),
      ['greater_0: bool[4,5] = Greater(x0, 0)', 'cast_1: float32[4,5] = Cast(greater_0) {to: float32}'],
    );
  });

  it('columns are aligned, and large constants show their type', () => {
    const lines = printGraph(small()).split('\n');
    assert.equal(lines[1], 'fc:        float32[batch,100]  = MatMul(x, w<float32[3,100]>)');
    assert.equal(new Set(lines.map((line) => line.indexOf('='))).size, 1);
  });
});
