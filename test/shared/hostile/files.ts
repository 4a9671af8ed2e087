/** @file Files that want to do harm, and large ones that do not. */
import { integers } from '@robenc/shared/graph/value.js';
import { ATTRIBUTE_TYPE, type Draft, type NodeProto } from '@robenc/shared/proto/onnx.js';
import { dataToTensor } from '@robenc/shared/proto/tensor.js';
import protobuf from 'protobufjs/minimal.js';
import { bool, constant, graph, modelOf, node, port } from '../graph/import.js';

const io = { input: [port('image', ['N', 4])], output: [port('y', ['N', 4])] };
const relu = node('Relu', ['image'], ['y']);
const good = (): Uint8Array => modelOf({ graph: { ...io, node: [relu] } });

/** A model made of one field of the graph, again and again. */
function repeated(field: number, content: Uint8Array, times: number): Uint8Array {
  const writer = new protobuf.Writer();
  writer.uint32((7 << 3) | 2).fork();
  for (let i = 0; i < times; i++) writer.uint32((field << 3) | 2).bytes(content);
  return writer.ldelim().finish();
}

const chain = (length: number, op: (i: number) => string): Draft<NodeProto>[] =>
  Array.from({ length }, (_, i) => node(op(i), [i === 0 ? 'image' : `v${i}`], [i === length - 1 ? 'y' : `v${i + 1}`]));

const sized = (initializer: object): Uint8Array =>
  modelOf({ graph: { ...io, initializer: [{ name: 'w', dataType: 1, ...initializer }], node: [node('Add', ['image', 'w'], ['y'])] } });
const external = (location: string, more: Record<string, string> = {}): Uint8Array =>
  sized({ dims: [4], dataLocation: 1, externalData: Object.entries({ location, ...more }).map(([key, value]) => ({ key, value })) });
/** Doubles a value, a size or a list of sizes so often that it ends far beyond any memory. */
const doubling = (op: string, times: number, attribute: Draft<NodeProto>['attribute'] = []): Uint8Array =>
  modelOf({
    graph: {
      ...io,
      node: [
        node('Shape', ['image'], ['s0']),
        ...Array.from({ length: times }, (_, i) => node(op, [`s${i}`, `s${i}`], [`s${i + 1}`], attribute)),
        node('ConstantOfShape', [`s${times}`], ['big']),
        node('Add', ['image', 'big'], ['y']),
      ],
    },
  });

interface HostileFile {
  readonly make: () => Uint8Array;
  /** The code of the refusal; 'read' where the file is valid. */
  readonly read: RegExp;
  /** The code with which the gradient is refused; 'made' where there is one. */
  readonly gradient?: RegExp;
}

/** By what they are. */
export const files: Readonly<Record<string, HostileFile>> = {
  empty: { make: () => new Uint8Array(0), read: /^bad-file$/ },
  'cut in half': { make: () => good().subarray(0, good().length / 2), read: /^bad-file$/ },
  'noise of 1 MB': { make: () => Uint8Array.from({ length: 1e6 }, (_, i) => (i * 2654435761) >>> 13), read: /^bad-file$/ },
  'a varint without end': { make: () => new Uint8Array(2e6).fill(0xff), read: /^bad-file$/ },
  'messages 100,000 deep': {
    make: () => {
      // Each level is an attribute with a graph with a node; lengths overlap the end, which is told first or last, but told.
      const bytes = new Uint8Array(200_000);
      for (let i = 0; i < bytes.length; i += 2) bytes.set([0x3a, 0x7f], i);
      return bytes;
    },
    read: /^bad-file$/,
  },
  'five million empty nodes': { make: () => repeated(1, new Uint8Array(0), 5_000_000), read: /^bad-file$/ },
  'five million empty value infos': { make: () => repeated(13, new Uint8Array(0), 5_000_000), read: /^bad-file$/ },
  'ten million numbers of one byte': {
    make: () => {
      const writer = new protobuf.Writer();
      writer.uint32((7 << 3) | 2).bytes(repeatedField(7, new Uint8Array(10_000_000).fill(1)));
      return writer.finish();
    },
    read: /^bad-file$/,
  },
  'a cycle': {
    make: () => modelOf({ graph: { ...io, node: [node('Add', ['image', 'b'], ['a']), node('Relu', ['a'], ['b']), node('Relu', ['b'], ['y'])] } }),
    read: /^bad-file$/,
  },
  'a node that reads itself': { make: () => modelOf({ graph: { ...io, node: [node('Add', ['image', 'y'], ['y'])] } }), read: /^bad-file$/ },
  'duplicate names': { make: () => modelOf({ graph: { ...io, node: [relu, relu] } }), read: /^bad-file$/ },
  'duplicate outputs': { make: () => modelOf({ graph: { ...io, output: [...io.output, ...io.output], node: [relu] } }), read: /^bad-input$/ },
  'a size beyond counting': { make: () => sized({ dims: [2 ** 53 - 1, 2 ** 53 - 1] }), read: /^bad-file$/ },
  'a product of sizes beyond counting': { make: () => sized({ dims: [2 ** 31, 2 ** 31, 2 ** 31] }), read: /^bad-file$/ },
  'a negative size': { make: () => sized({ dims: [-4] }), read: /^bad-file$/ },
  'a tensor of 4 TB that is not there': { make: () => sized({ dims: [2 ** 40] }), read: /^bad-file$/ },
  'a sparse tensor of 4 TB': {
    make: () =>
      modelOf({
        graph: {
          ...io,
          sparseInitializer: [
            {
              values: { name: 'w', dataType: 1, dims: [1], floatData: Float32Array.of(1) },
              indices: { dataType: 7, dims: [1], int64Data: BigInt64Array.of(0n) },
              dims: [2 ** 40],
            },
          ],
          node: [node('Add', ['image', 'w'], ['y'])],
        },
      }),
    read: /^unsupported$/,
  },
  'an input of a million axes': {
    make: () => modelOf({ graph: { input: [port('image', new Array<number>(60_000).fill(1))], output: [port('y')], node: [relu] } }),
    read: /^bad-/,
  },
  'data above the folder': { make: () => external('../secret.bin'), read: /^bad-file$/ },
  'data at an absolute place': { make: () => external('/etc/passwd'), read: /^bad-file$/ },
  'data behind a link': { make: () => external('link.bin'), read: /^bad-file$/ },
  'data in a pipe': { make: () => external('pipe'), read: /^bad-file$/ },
  'data of a terabyte': { make: () => external('data.bin', { length: '1000000000000' }), read: /^bad-file$/ },
  'data far behind the end': { make: () => external('data.bin', { offset: '999999999999999' }), read: /^bad-file$/ },
  'an unknown domain': {
    make: () => modelOf({ opsets: { '': 20, evil: 1 }, graph: { ...io, node: [node('Run', ['image'], ['y'], [], { domain: 'evil' })] } }),
    read: /^read$/,
    gradient: /^unsupported$/,
  },
  'an unknown domain inside': {
    make: () =>
      modelOf({ opsets: { '': 20, evil: 1 }, graph: { ...io, node: [node('Run', ['image'], ['t'], [], { domain: 'evil' }), node('Relu', ['t'], ['y'])] } }),
    read: /^unsupported$/,
    gradient: /^unsupported$/,
  },
  'a newer operator set': { make: () => modelOf({ opsets: { '': 99 }, graph: { ...io, node: [relu] } }), read: /^unsupported$/ },
  'a newer format': { make: () => modelOf({ irVersion: 99, graph: { ...io, node: [relu] } }), read: /^unsupported$/ },
  'lists of sizes doubled 60 times': { make: () => doubling('Concat', 60, [{ name: 'axis', type: ATTRIBUTE_TYPE.int, i: 0 }]), read: /^bad-input$/ },
  'symbols squared 60 times': { make: () => doubling('Mul', 60), read: /^bad-|^unsupported$|^read$/ },
  'symbols added 200 times': { make: () => doubling('Add', 200), read: /^bad-|^unsupported$|^read$/ },
  'a range of a billion numbers': {
    make: () =>
      modelOf({
        graph: {
          ...io,
          initializer: [dataToTensor('zero', integers([0], [])), dataToTensor('end', integers([1e9], [])), dataToTensor('one', integers([1], []))],
          node: [
            node('Range', ['zero', 'end', 'one'], ['r']),
            node('Cast', ['r'], ['f'], [{ name: 'to', type: ATTRIBUTE_TYPE.int, i: 1 }]),
            node('Add', ['image', 'f'], ['y']),
          ],
        },
      }),
    read: /^bad-input$/,
  },
  'a constant filled to a terabyte': {
    make: () =>
      modelOf({
        graph: {
          ...io,
          initializer: [dataToTensor('shape', integers([1e6, 1e6, 4]))],
          node: [node('ConstantOfShape', ['shape'], ['big']), node('ReduceSum', ['big'], ['sum']), node('Add', ['image', 'sum'], ['y'])],
        },
      }),
    read: /^bad-|^unsupported$|^read$/,
  },
  'loops in loops': {
    make: () => {
      const turns = dataToTensor('n', integers([1000], []));
      let body = [node('Identity', ['v'], ['v_out'])];
      for (let level = 0; level < 8; level++) {
        const inner = graph('body', {
          input: [port('turn', [], 'int64'), port('on', [], 'bool'), port('v')],
          node: [...body, node('Identity', ['on'], ['on_out'])],
          output: [port('on_out', [], 'bool'), port('v_out')],
        });
        body = [node('Loop', ['n', '', level === 7 ? 'image' : 'v'], [level === 7 ? 'y' : 'v_out'], [inner])];
      }
      return modelOf({ graph: { ...io, initializer: [turns], node: body } });
    },
    read: /^bad-file$/,
  },
  'branches 30 deep': {
    make: () => {
      let body = [node('Relu', ['image'], ['t'])];
      for (let level = 0; level < 30; level++)
        body = [
          node('If', ['c'], ['t'], [graph('then_branch', { node: body, output: [port('t')] }), graph('else_branch', { node: [], output: [port('image')] })]),
        ];
      return modelOf({ graph: { ...io, output: [port('t')], node: [constant('c', bool(true)), ...body] } });
    },
    read: /^read$/,
  },
  'names of a megabyte': {
    make: () => modelOf({ graph: { ...io, node: chain(20, () => 'Relu').map((entry, i) => ({ ...entry, name: 'n'.repeat(1e5) + i })) } }),
    read: /^read$/,
  },
  'a sum of 50,000 inputs': { make: () => modelOf({ graph: { ...io, node: [node('Sum', new Array<string>(50_000).fill('image'), ['y'])] } }), read: /^read$/ },
  '300 inputs and 300 outputs': {
    make: () => {
      const ports = (letter: string) => Array.from({ length: 300 }, (_, i) => port(`${letter}${i}`, ['N', 4]));
      const sums = Array.from({ length: 300 }, (_, i) => node('Add', ['image', `x${i}`], [`y${i}`]));
      return modelOf({ graph: { input: [...io.input, ...ports('x')], output: ports('y'), node: sums } });
    },
    read: /^read$/,
  },
  'a chain of 10,000 nodes': {
    make: () => modelOf({ graph: { ...io, node: chain(10_000, (i) => ['Tanh', 'Sigmoid', 'Softplus', 'Relu'][i % 4]!) } }),
    read: /^read$/,
    gradient: /^made$/,
  },
};

/** One field of a tensor, packed, in a list of initializers. */
function repeatedField(number: number, content: Uint8Array): Uint8Array {
  const tensor = new protobuf.Writer()
    .uint32((number << 3) | 2)
    .bytes(content)
    .finish();
  return new protobuf.Writer()
    .uint32((5 << 3) | 2)
    .bytes(tensor)
    .finish();
}
