/** @file If, Loop and Scan: taken apart they give what ONNX Runtime gives for the file; where they cannot be, they are named. */
import assert from 'node:assert/strict';
import { fromOnnx } from '@robenc/shared/graph/from-onnx.js';
import { floats, integers as list, type TensorData } from '@robenc/shared/graph/value.js';
import type { Draft, GraphProto } from '@robenc/shared/proto/onnx.js';
import { dataToTensor } from '@robenc/shared/proto/tensor.js';
import { agrees, bool, constant, graph, integer, integers, modelOf, node, port } from './import.js';

const x = floats([1, -2, 3, 4, 5, -6], [2, 3]);
const io = { input: [port('x', ['N', 3])], output: [port('y', ['N', 3])] };
const branches = [
  graph('then_branch', { node: [node('Relu', ['x'], ['t'])], output: [port('t')] }),
  graph('else_branch', { node: [node('Neg', ['x'], ['e'])], output: [port('e')] }),
];

/** A loop that doubles what it carries and collects it; `more` changes its body. */
const doubling = (more: Draft<GraphProto> = {}) =>
  graph('body', {
    input: [port('turn', [], 'int64'), port('on', [], 'bool'), port('v')],
    node: [node('Identity', ['on'], ['on_out']), node('Add', ['v', 'v'], ['v_out']), node('Identity', ['v_out'], ['seen'])],
    output: [port('on_out', [], 'bool'), port('v_out'), port('seen')],
    ...more,
  });

describe('control flow', () => {
  for (const taken of [true, false])
    it(`If with a constant condition of ${taken} is its branch`, async () => {
      const { nodes } = await agrees(modelOf({ graph: { ...io, node: [constant('c', bool(taken)), node('If', ['c'], ['y'], branches)] } }), { x });
      assert.deepEqual(
        nodes.map(({ op }) => op),
        [taken ? 'Relu' : 'Neg'],
      );
    });

  it('If is decided by sizes that are known, inside of another one, with constants and names of its own', async () => {
    const inner = graph('then_branch', {
      initializer: [dataToTensor('scale', floats([3], []))],
      node: [
        node('Mul', ['x', 'scale'], ['h']),
        node(
          'If',
          ['three'],
          ['t'],
          branches.map((attribute) => ({ ...attribute })),
        ),
      ],
      output: [port('t')],
    });
    const bytes = modelOf({
      graph: {
        ...io,
        initializer: [dataToTensor('one', list([1], [])), dataToTensor('size', list([3], []))],
        node: [
          node('Shape', ['x'], ['s']),
          node('Gather', ['s', 'one'], ['width']),
          node('Equal', ['width', 'size'], ['three']),
          node('If', ['three'], ['y'], [inner, branches[1]!]),
        ],
      },
    });
    const { nodes } = await agrees(bytes, { x });
    assert.deepEqual(
      nodes.map(({ op }) => op),
      ['Relu'],
    );
  });

  it('Loop with a constant number of turns is unrolled: carried values, collected ones, and the number of the turn', async () => {
    const body = doubling({
      node: [
        node('Identity', ['on'], ['on_out']),
        node('Cast', ['turn'], ['real'], [integer('to', 1)]),
        node('Add', ['v', 'real'], ['h']),
        node('Mul', ['h', 'x'], ['v_out']),
        node('Neg', ['v_out'], ['seen']),
      ],
    });
    const bytes = modelOf({
      graph: {
        input: [port('x', ['N', 3])],
        output: [port('y', ['N', 3]), port('all')],
        initializer: [dataToTensor('three', list([3], []))],
        node: [node('Loop', ['three', '', 'x'], ['y', 'all'], [body])],
      },
    });
    const read = await agrees(bytes, { x });
    assert.deepEqual(read.outputs[1]!.value.type.shape, [3, 'N', 3]);
  });

  it('Loop ends when its condition is known to be false', async () => {
    const body = doubling({
      initializer: [dataToTensor('last', list([2], []))],
      node: [node('Less', ['turn', 'last'], ['on_out']), node('Add', ['v', 'v'], ['v_out']), node('Identity', ['v_out'], ['seen'])],
    });
    const bytes = modelOf({
      graph: {
        ...io,
        output: [port('y', ['N', 3]), port('all')],
        node: [constant('yes', bool(true)), node('Loop', ['', 'yes', 'x'], ['y', 'all'], [body])],
      },
    });
    const read = await agrees(bytes, { x });
    assert.equal(read.nodes.filter(({ op }) => op === 'Add').length, 3);
  });

  it('Scan goes along any axis, forwards and backwards', async () => {
    const body = graph('body', {
      input: [port('sum', [2]), port('column', [2])],
      node: [node('Add', ['sum', 'column'], ['sum_out']), node('Mul', ['sum_out', 'column'], ['seen'])],
      output: [port('sum_out', [2]), port('seen', [2])],
    });
    for (const backwards of [0, 1]) {
      const attributes = [
        body,
        integer('num_scan_inputs', 1),
        integers('scan_input_axes', [1]),
        integers('scan_input_directions', [backwards]),
        integers('scan_output_axes', [-1]),
        integers('scan_output_directions', [1 - backwards]),
      ];
      const bytes = modelOf({
        graph: {
          input: [port('x', [2, 3])],
          output: [port('y', [2]), port('all', [2, 3])],
          initializer: [dataToTensor('zero', floats([0, 0]))],
          node: [node('Scan', ['zero', 'x'], ['y', 'all'], attributes)],
        },
      });
      await agrees(bytes, { x });
    }
  });

  const fed: Readonly<Record<string, readonly [Draft<GraphProto>, RegExp]>> = {
    'If on an input': [
      { ...io, input: [...io.input, port('c', [], 'bool')], node: [node('If', ['c'], ['y'], branches, { name: 'gate' })] },
      /If "gate" \(its condition is known only at run time/,
    ],
    'Loop on an input': [
      { ...io, input: [...io.input, port('n', [], 'int64')], node: [node('Loop', ['n', '', 'x'], ['y', 'all'], [doubling()], { name: 'again' })] },
      /Loop "again" \(its number of turns is known only at run time/,
    ],
    'Loop until something computed': [
      {
        ...io,
        initializer: [dataToTensor('zero', floats([0], [])), dataToTensor('axes', list([0, 1]))],
        node: [
          node(
            'Loop',
            ['', '', 'x'],
            ['y', 'all'],
            [
              doubling({
                node: [
                  node('ReduceSum', ['v', 'axes'], ['total'], [integer('keepdims', 0)]),
                  node('Greater', ['total', 'zero'], ['on_out']),
                  node('Add', ['v', 'v'], ['v_out']),
                  node('Identity', ['v_out'], ['seen']),
                ],
              }),
            ],
            { name: 'until' },
          ),
        ],
      },
      /Loop "until" \(its condition to go on is known only at run time/,
    ],
    'a sequence': [
      { ...io, node: [node('SequenceConstruct', ['x', 'x'], ['s'], [], { name: 'pack' }), node('ConcatFromSequence', ['s'], ['y'], [integer('axis', 0)])] },
      /SequenceConstruct "pack" \(robenc computes with tensors only, no sequences or optionals\)/,
    ],
  };
  for (const [title, [g, message]] of Object.entries(fed))
    it(`${title} is named, with the reason`, () => assert.throws(() => fromOnnx(modelOf({ graph: g })), { code: 'unsupported', message }));

  it('a loop of a billion turns is refused in short time', () => {
    const many: TensorData = list([1_000_000_000], []);
    const bytes = modelOf({ graph: { ...io, initializer: [dataToTensor('n', many)], node: [node('Loop', ['n', '', 'x'], ['y', 'all'], [doubling()])] } });
    assert.throws(() => fromOnnx(bytes), { code: 'bad-file', message: /functions and loops unfold to more than/ });
  });

  it('a branch reads names from around it, also where the nodes of the file are out of order', () => {
    const bytes = modelOf({
      graph: {
        ...io,
        node: [
          constant('c', bool(true)),
          node('If', ['c'], ['y'], [graph('then_branch', { node: [node('Relu', ['late'], ['t'])], output: [port('t')] }), branches[1]!]),
          node('Exp', ['x'], ['late']),
        ],
      },
    });
    assert.deepEqual(
      fromOnnx(bytes).nodes.map(({ op }) => op),
      ['Exp', 'Relu'],
    );
  });
});
