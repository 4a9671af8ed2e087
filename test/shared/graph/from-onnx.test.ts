/** @file Reading ONNX files: names, symbols, constants, shape arithmetic, order, and clear refusals. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromOnnx } from '@robenc/shared/graph/from-onnx.js';
import { printGraph } from '@robenc/shared/graph/print.js';
import { floats, integers } from '@robenc/shared/graph/value.js';
import { fileOf, type FileModel } from './model.js';

const relu = { op: 'Relu', inputs: ['x'], outputs: ['y'], name: 'act' };
const simple: FileModel = { opset: 17, inputs: { x: [null, 3] }, outputs: ['y'], nodes: [relu] };

describe('reading ONNX files', () => {
  it('names of inputs, nodes and outputs are kept', () => {
    const graph = fromOnnx(fileOf(simple));
    assert.deepEqual([graph.inputs[0]!.name, graph.nodes[0]!.name, graph.nodes[0]!.outputs[0]!.name, graph.outputs[0]!.name], ['x', 'act', 'y', 'y']);
  });

  it('open sizes become symbols: batch for the first axis, their own for others, and names of the file stay', () => {
    const graph = fromOnnx(fileOf({ ...simple, inputs: { x: [null, 3, null, 'width px'] } }));
    assert.deepEqual(graph.inputs[0]!.type.shape, ['batch', 3, 'x_size_2', 'width_px']);
  });

  it('constants that are listed among the inputs are constants', () => {
    const graph = fromOnnx(
      fileOf({
        opset: 8,
        inputs: { x: [2] },
        outputs: ['y'],
        constants: { w: floats([1, 2]) },
        constantsAsInputs: true,
        nodes: [{ op: 'Add', inputs: ['x', 'w'], outputs: ['y'] }],
      }),
    );
    assert.deepEqual(
      graph.inputs.map((input) => input.name),
      ['x'],
    );
    assert.deepEqual(Array.from(graph.nodes[0]!.inputs[1]!.data!.data as Float32Array), [1, 2]);
  });

  it('sizes are followed through the parts of a shape, as optimisers split it', () => {
    const graph = fromOnnx(
      fileOf({
        ...simple,
        inputs: { x: [null, 6, 2] },
        constants: { ones: integers([1, 1, 1]), rest: integers([-1]) },
        nodes: [
          { op: 'Shape', inputs: ['x'], outputs: ['s'] },
          { op: 'Split', inputs: ['s', 'ones'], outputs: ['n', 'h', 'w'], attrs: { axis: 0 } },
          { op: 'Concat', inputs: ['n', 'w', 'rest'], outputs: ['t'], attrs: { axis: 0 } },
          { op: 'Reshape', inputs: ['x', 't'], outputs: ['y'] },
        ],
      }),
    );
    assert.deepEqual(graph.outputs[0]!.value.type.shape, ['batch', 2, 6]);
  });

  for (const [form, indices] of Object.entries({ 'one place': integers([1, 5]), 'a place for each axis': integers([0, 1, 1, 2], [2, 2]) }))
    it(`sparse constants with ${form} to an element are filled up with zeros`, () => {
      const graph = fromOnnx(
        fileOf({
          ...simple,
          inputs: { x: [2, 3] },
          sparse: { w: { values: floats([7, -8]), indices, dims: [2, 3] } },
          nodes: [{ op: 'Add', inputs: ['x', 'w'], outputs: ['y'] }],
        }),
      );
      const constant = graph.nodes[0]!.inputs[1]!.data!;
      assert.deepEqual(
        [constant.shape, Array.from(constant.data as Float32Array)],
        [
          [2, 3],
          [0, 7, 0, 0, 0, -8],
        ],
      );
    });

  it('Constant nodes become values, however they are spelled', () => {
    const graph = fromOnnx(
      fileOf({
        ...simple,
        inputs: { x: [2] },
        nodes: [
          { op: 'Constant', inputs: [], outputs: ['a'], attrs: { value: floats([2], []) } },
          { op: 'Constant', inputs: [], outputs: ['b'], attrs: { value_ints: [0] } },
          { op: 'Mul', inputs: ['x', 'a'], outputs: ['m'] },
          { op: 'ReduceSum', inputs: ['m', 'b'], outputs: ['y'] },
        ],
      }),
    );
    assert.equal(
      printGraph(graph),
      'x: float32[2] = input\nm: float32[2] = Mul(x, 2)\ny: float32[1] = ReduceSum(m, [0]) {keepdims: 1}\ny: float32[1] = output y',
    );
  });

  it('a flatten that an exporter spells with Shape, Gather, Unsqueeze, Concat and Reshape keeps its symbolic batch', () => {
    const graph = fromOnnx(
      fileOf({
        opset: 11,
        inputs: { x: ['N', 3, 4, 4] },
        outputs: ['y'],
        constants: { zero: integers([0], []), rest: integers([-1]) },
        nodes: [
          { op: 'Shape', inputs: ['x'], outputs: ['s'] },
          { op: 'Gather', inputs: ['s', 'zero'], outputs: ['n'] },
          { op: 'Unsqueeze', inputs: ['n'], outputs: ['n1'], attrs: { axes: [0] } },
          { op: 'Concat', inputs: ['n1', 'rest'], outputs: ['target'], attrs: { axis: 0 } },
          { op: 'Reshape', inputs: ['x', 'target'], outputs: ['y'] },
        ],
      }),
    );
    assert.deepEqual(graph.outputs[0]!.value.type.shape, ['N', 48]);
  });

  it('shape arithmetic on fixed sizes is folded away', () => {
    const graph = fromOnnx(
      fileOf({
        opset: 17,
        inputs: { x: [2, 3, 4] },
        outputs: ['y'],
        constants: { from: integers([0]), to: integers([2]), rest: integers([-1]) },
        nodes: [
          { op: 'Shape', inputs: ['x'], outputs: ['s'] },
          { op: 'Slice', inputs: ['s', 'from', 'to'], outputs: ['kept'] },
          { op: 'Concat', inputs: ['kept', 'rest'], outputs: ['target'], attrs: { axis: 0 } },
          { op: 'Expand', inputs: ['x', 's'], outputs: ['wide'] },
          { op: 'Reshape', inputs: ['wide', 'target'], outputs: ['same'] },
          { op: 'Relu', inputs: ['same'], outputs: ['y'] },
        ],
      }),
    );
    assert.deepEqual(
      graph.nodes.map((node) => node.op),
      ['Relu'],
    );
  });

  it('sizes that an exporter scales as floats are followed', () => {
    const graph = fromOnnx(
      fileOf({
        opset: 17,
        inputs: { x: ['N', 3, 7, 9] },
        outputs: ['y'],
        constants: { two: integers([2]), four: integers([4]), zero: integers([0]), half: floats([0.5, 0.5]) },
        nodes: [
          { op: 'Shape', inputs: ['x'], outputs: ['s'] },
          { op: 'Slice', inputs: ['s', 'two', 'four'], outputs: ['image'] },
          { op: 'Slice', inputs: ['s', 'zero', 'two'], outputs: ['front'] },
          { op: 'Cast', inputs: ['image'], outputs: ['real'], attrs: { to: 1 } },
          { op: 'Mul', inputs: ['real', 'half'], outputs: ['scaled'] },
          { op: 'Floor', inputs: ['scaled'], outputs: ['down'] },
          { op: 'Cast', inputs: ['down'], outputs: ['whole'], attrs: { to: 7 } },
          { op: 'Concat', inputs: ['front', 'whole'], outputs: ['sizes'], attrs: { axis: 0 } },
          { op: 'Resize', inputs: ['x', '', '', 'sizes'], outputs: ['y'] },
        ],
      }),
    );
    assert.deepEqual(graph.outputs[0]!.value.type.shape, ['N', 3, 3, 4]);
  });

  it('nodes may stand in any order', () => {
    const graph = fromOnnx(
      fileOf({
        ...simple,
        nodes: [
          { op: 'Neg', inputs: ['h'], outputs: ['y'] },
          { op: 'Relu', inputs: ['x'], outputs: ['h'] },
        ],
      }),
    );
    assert.deepEqual(
      graph.nodes.map((node) => node.op),
      ['Relu', 'Neg'],
    );
  });

  it('a chain of 10,000 nodes is read', () => {
    const nodes = Array.from({ length: 10_000 }, (_, i) => ({
      op: i % 2 === 0 ? 'Relu' : 'Tanh',
      inputs: [i === 0 ? 'x' : `v${i}`],
      outputs: [i === 9_999 ? 'y' : `v${i + 1}`],
    }));
    assert.equal(fromOnnx(fileOf({ ...simple, nodes })).nodes.length, 10_000);
  });

  it('Dropout outside training leaves nothing behind', () => {
    const graph = fromOnnx(
      fileOf({
        ...simple,
        nodes: [
          { op: 'Dropout', inputs: ['x'], outputs: ['d'] },
          { ...relu, inputs: ['d'] },
        ],
      }),
    );
    assert.deepEqual(
      graph.nodes.map((node) => node.op),
      ['Relu'],
    );
  });

  it('a path is read, and a missing file is named', () => {
    const folder = mkdtempSync(join(tmpdir(), 'robenc-from-onnx-'));
    try {
      writeFileSync(join(folder, 'm.onnx'), fileOf(simple));
      assert.equal(fromOnnx(join(folder, 'm.onnx')).nodes.length, 1);
      assert.throws(() => fromOnnx(join(folder, 'other.onnx')), { code: 'not-found', message: /other\.onnx/ });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  const refusals: readonly (readonly [string, Partial<FileModel>, string, RegExp])[] = [
    [
      'unknown operators are named all at once, with their nodes',
      {
        nodes: [
          { op: 'Frobnicate', inputs: ['x'], outputs: ['h'], name: 'first' },
          { op: 'Twist', inputs: ['h'], outputs: ['y'], domain: 'ai.example' },
        ],
      },
      'unsupported',
      /Frobnicate "first" \(robenc does not know it\); ai\.example\.Twist "node 1" \(robenc does not know it\)/,
    ],
    ['an input of too many axes is named', { inputs: { x: Array<number>(65).fill(1) } }, 'bad-file', /The input "x" cannot be read: a tensor of 65 axes/],
    [
      'an input of more elements than can be counted is named',
      { inputs: { x: [2 ** 40, 2 ** 40] } },
      'bad-file',
      /The input "x" cannot be read: the shape .* has more elements/,
    ],
    [
      'a cycle is named',
      {
        nodes: [
          { op: 'Add', inputs: ['x', 'b'], outputs: ['a'], name: 'one' },
          { op: 'Relu', inputs: ['a'], outputs: ['b'], name: 'two' },
          { op: 'Relu', inputs: ['b'], outputs: ['y'] },
        ],
      },
      'bad-file',
      /wait for one another: Add "one", Relu "two"/,
    ],
    [
      'a value that nothing makes is named',
      { nodes: [{ op: 'Add', inputs: ['x', 'ghost'], outputs: ['y'], name: 'sum' }] },
      'bad-file',
      /Add "sum" reads "ghost"/,
    ],
    ['an output that nothing makes is named', { outputs: ['z'] }, 'bad-file', /no node makes the output "z"/],
    ['two values of one name are refused', { nodes: [relu, { ...relu, name: 'again' }] }, 'bad-file', /two values are named "y"/],
    [
      'shapes that do not fit name the node and the shapes',
      { inputs: { x: [2, 3] }, constants: { w: floats([1, 2, 3, 4], [2, 2]) }, nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'], name: 'fc' }] },
      'bad-input',
      /MatMul "fc".*inner sizes differ: A \[2,3\], B \[2,2\]/,
    ],
  ];
  for (const [title, changes, code, message] of refusals) it(title, () => assert.throws(() => fromOnnx(fileOf({ ...simple, ...changes })), { code, message }));
});
