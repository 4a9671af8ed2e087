/** @file Functions that a model brings along: the graph without calls gives what ONNX Runtime gives for the file. */
import assert from 'node:assert/strict';
import { fromOnnx } from '@robenc/shared/graph/from-onnx.js';
import { floats } from '@robenc/shared/graph/value.js';
import { ATTRIBUTE_TYPE, type Draft, type FunctionProto } from '@robenc/shared/proto/onnx.js';
import { agrees, bool, constant, float, graph, integer, modelOf, node, port, reference } from './import.js';

const call = { domain: 'mine' };
const opsets = { '': 20, mine: 1 };
const x = floats([-2, -0.5, 0.25, 3], [2, 2]);
const io = { input: [port('x', ['N', 2])], output: [port('y', ['N', 2])] };
const names = (bytes: Uint8Array) => fromOnnx(bytes).nodes.map(({ name, op }) => `${op} ${name}`);

/** y = LeakyRelu(x) with a slope that calls may give, by default 0.1 */
const leaky: Draft<FunctionProto> = {
  name: 'Leaky',
  domain: 'mine',
  input: ['v'],
  output: ['w'],
  opsetImport: [{ domain: '', version: 20 }],
  attributeProto: [float('slope', 0.1)],
  node: [node('LeakyRelu', ['v'], ['w'], [reference('alpha', 'slope', ATTRIBUTE_TYPE.float)], { name: 'act' })],
};

describe('functions of a model', () => {
  it('are inlined, with attributes of the call, their defaults, and names that lead to the call', async () => {
    const bytes = modelOf({
      opsets,
      functions: [leaky],
      graph: {
        ...io,
        node: [node('Leaky', ['x'], ['h'], [], { ...call, name: 'first' }), node('Leaky', ['h'], ['y'], [float('slope', 0.5)], { ...call, name: 'second' })],
      },
    });
    await agrees(bytes, { x });
    assert.deepEqual(names(bytes), ['LeakyRelu first/act', 'LeakyRelu second/act']);
  });

  it('call one another, passing attributes on, and keep their values apart', async () => {
    const twice: Draft<FunctionProto> = {
      name: 'Twice',
      domain: 'mine',
      input: ['v'],
      output: ['w'],
      attribute: ['steep'],
      opsetImport: [
        { domain: '', version: 20 },
        { domain: 'mine', version: 1 },
      ],
      node: [
        node('Leaky', ['v'], ['mid'], [reference('slope', 'steep', ATTRIBUTE_TYPE.float)], { ...call, name: 'a' }),
        node('Leaky', ['mid'], ['w'], [], { ...call, name: 'b' }),
      ],
    };
    const bytes = modelOf({
      opsets,
      functions: [twice, leaky],
      graph: {
        ...io,
        node: [
          node('Twice', ['x'], ['mid'], [float('steep', 0.3)], { ...call, name: 'one' }),
          node('Twice', ['mid'], ['y'], [float('steep', 2)], { ...call, name: 'two' }),
        ],
      },
    });
    const { nodes } = await agrees(bytes, { x });
    assert.deepEqual(
      nodes.map(({ name }) => name),
      ['one/a/act', 'one/b/act', 'two/a/act', 'two/b/act'],
    );
  });

  it('have operator sets of their own', async () => {
    // In opset 11 Softmax counts the axes from `axis` on as one; in 20 it does not.
    const old: Draft<FunctionProto> = {
      name: 'OldSoftmax',
      domain: 'mine',
      input: ['v'],
      output: ['w'],
      opsetImport: [{ domain: '', version: 11 }],
      node: [node('Softmax', ['v'], ['w'])],
    };
    const bytes = modelOf({
      opsets,
      functions: [old],
      graph: { input: [port('x', [1, 2, 3])], output: [port('y', [1, 2, 3])], node: [node('OldSoftmax', ['x'], ['y'], [], call)] },
    });
    const y = fromOnnx(bytes);
    assert.deepEqual(
      y.nodes.map(({ op }) => op),
      ['Flatten', 'Softmax', 'Reshape'],
    );
  });

  it('may leave out optional inputs, and have control flow inside that refers to attributes', async () => {
    const bounded: Draft<FunctionProto> = {
      name: 'Bounded',
      domain: 'mine',
      input: ['v', 'least', 'most'],
      output: ['w'],
      attribute: ['slope'],
      opsetImport: [{ domain: '', version: 20 }],
      node: [
        constant('yes', bool(true)),
        node('Clip', ['v', 'least', 'most'], ['c']),
        node(
          'If',
          ['yes'],
          ['w'],
          [
            graph('then_branch', { node: [node('LeakyRelu', ['c'], ['t'], [reference('alpha', 'slope', ATTRIBUTE_TYPE.float)])], output: [port('t')] }),
            graph('else_branch', { node: [node('Neg', ['c'], ['e'])], output: [port('e')] }),
          ],
        ),
      ],
    };
    const bytes = modelOf({
      opsets,
      functions: [bounded],
      graph: {
        ...io,
        initializer: [],
        node: [constant('two', floats([2], [])), node('Bounded', ['x', '', 'two'], ['y'], [float('slope', 0.25)], call)],
      },
    });
    await agrees(bytes, { x });
  });

  const refused: readonly (readonly [string, readonly Draft<FunctionProto>[], RegExp])[] = [
    ['one that calls itself', [{ ...leaky, opsetImport: [{ domain: 'mine', version: 1 }], node: [node('Leaky', ['v'], ['w'], [], call)] }], /calls itself/],
    ['one with an output that nothing makes', [{ ...leaky, output: ['ghost'] }], /output "ghost" that nothing makes/],
    ['two of one name', [leaky, leaky], /two functions are named "mine\.Leaky"/],
    ['one of an operator set that robenc does not read', [{ ...leaky, opsetImport: [{ domain: '', version: 5 }] }], /operator set 5/],
  ];
  for (const [title, functions, message] of refused)
    it(`refused: ${title}`, () => {
      const bytes = modelOf({ opsets, functions, graph: { ...io, node: [node('Leaky', ['x'], ['y'], [], call)] } });
      assert.throws(() => fromOnnx(bytes), { name: 'RobencError', message });
    });

  it('that unfold to billions of nodes are refused in short time', () => {
    const functions = Array.from({ length: 40 }, (_, i): Draft<FunctionProto> => ({
      name: `F${i}`,
      domain: 'mine',
      input: ['v'],
      output: ['w'],
      opsetImport: [
        { domain: '', version: 20 },
        { domain: 'mine', version: 1 },
      ],
      node: i === 39 ? [node('Relu', ['v'], ['w'])] : [node(`F${i + 1}`, ['v'], ['m'], [], call), node(`F${i + 1}`, ['m'], ['w'], [], call)],
    }));
    const bytes = modelOf({ opsets, functions, graph: { ...io, node: [node('F0', ['x'], ['y'], [], call)] } });
    assert.throws(() => fromOnnx(bytes), { code: 'bad-file', message: /functions and loops unfold to more than/ });
  });

  it('an operator in them that robenc does not know is named with the way to it', () => {
    const odd: Draft<FunctionProto> = { ...leaky, node: [node('Frobnicate', ['v'], ['w'], [integer('n', 1)], { name: 'odd' })] };
    const bytes = modelOf({ opsets, functions: [odd], graph: { ...io, node: [node('Leaky', ['x'], ['y'], [], { ...call, name: 'outer' })] } });
    assert.throws(() => fromOnnx(bytes), /Frobnicate "outer\/odd" \(robenc does not know it\)/);
  });
});
