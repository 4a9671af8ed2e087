/** @file Reading and writing ONNX files: nothing is lost, and nothing in a broken file does harm. */
import assert from 'node:assert/strict';
import protobuf from 'protobufjs/minimal.js';
import { RobencError } from '@robenc/shared/errors.js';
import { Random } from '@robenc/shared/math/random.js';
import { decodeModel } from '@robenc/shared/proto/decode.js';
import { encodeModel } from '@robenc/shared/proto/encode.js';
import { textOf } from '@robenc/shared/proto/onnx.js';
import { perMessage } from '@robenc/shared/proto/schemas.js';
import { EVERYTHING, FIXTURE_MODELS, readModel } from './models.js';

function badFile(pattern: RegExp): (error: unknown) => true {
  return (error) => {
    assert(error instanceof RobencError, String(error));
    assert.equal(error.code, 'bad-file');
    assert.match(error.message, pattern);
    return true;
  };
}

/** A model file made of one field of the graph, written by hand. */
function modelWith(write: (graph: protobuf.Writer) => void): Uint8Array {
  const writer = new protobuf.Writer();
  write(writer.uint32((7 << 3) | 2).fork());
  return writer.ldelim().finish();
}

describe('the ONNX codec', () => {
  for (const name of FIXTURE_MODELS)
    it(`writes ${name} as the very bytes that it read`, function () {
      const bytes = readModel(this, name);
      assert(Buffer.from(encodeModel(decodeModel(bytes))).equals(bytes));
    });

  it('keeps every field of every message', () => {
    const once = decodeModel(encodeModel(EVERYTHING));
    assert.deepEqual(decodeModel(encodeModel(once)), once);
    const { graph } = once;
    const attributes = Object.fromEntries(graph!.node[0]!.attribute.map((attribute) => [attribute.name, attribute]));
    assert.equal(once.modelVersion, -(2n ** 63n));
    assert.equal(once.docString, 'Überprüft – 検査 ✓');
    assert.equal(attributes['f']!.f, 0);
    assert.equal(attributes['i']!.i, 2n ** 63n - 1n);
    assert.equal(attributes['small']!.i, -1);
    assert.equal(textOf(attributes['s']!.s!), 'ä');
    assert.deepEqual(attributes['floats']!.floats, [1.5, -0, Infinity]);
    assert.deepEqual(attributes['ints']!.ints, [0, -(2 ** 40), 2n ** 62n]);
    assert.deepEqual(attributes['t']!.t!.floatData, Float32Array.of(1, -2, 0.5, 3e38, -0, 7));
    assert.deepEqual(attributes['type']!.tp!.tensorType!.shape!.dim, [
      { dimValue: 0, denotation: '' },
      { dimParam: 'n', denotation: 'BATCH' },
      { denotation: '' },
    ]);
    assert.deepEqual(graph!.node[0]!.input, ['a', '', 'b']);
    assert.deepEqual(graph!.initializer[1]!.uint64Data, BigUint64Array.of(0n, 2n ** 64n - 1n));
    assert.deepEqual(graph!.initializer[2]!.int32Data, Int32Array.of(-(2 ** 31), 5));
    assert.equal(graph!.input[0]!.type!.sequenceType!.elemType!.mapType!.valueType!.tensorType!.elemType, 1);
    assert.deepEqual(graph!.output[0]!.type!.optionalType!.elemType!.tensorType!.shape, { dim: [] });
  });

  it('uses every field of the schema in the test above', () => {
    const seen = new Set<string>();
    const visit = (value: unknown): void => {
      if (ArrayBuffer.isView(value) || typeof value !== 'object' || value === null) return;
      for (const [key, item] of Object.entries(value)) {
        if (!Array.isArray(value)) seen.add(key);
        visit(item);
      }
    };
    visit(EVERYTHING);
    const keys = Object.values(perMessage((fields) => fields.map(([key]) => key))).flat();
    assert.deepEqual(
      keys.filter((key) => !seen.has(key)),
      [],
    );
  });

  it('gives raw data and texts of attributes as views into the file', function () {
    const bytes = new Uint8Array(readModel(this, 'small_resnet'));
    const raw = decodeModel(bytes).graph!.initializer.find(({ rawData }) => rawData !== undefined)!.rawData!;
    assert.equal(raw.buffer, bytes.buffer);
  });

  it('reads lists of numbers packed, one by one, and mixed', () => {
    const bytes = modelWith((graph) => {
      graph.uint32((5 << 3) | 2).fork();
      graph.uint32(1 << 3).int64(2); // dims, one by one
      graph
        .uint32((1 << 3) | 2)
        .fork()
        .int64(3)
        .int64(4)
        .ldelim(); // dims, packed
      graph.uint32((4 << 3) | 5).float(1.5); // floatData, one by one
      graph
        .uint32((4 << 3) | 2)
        .fork()
        .float(2.5)
        .float(3.5)
        .ldelim(); // floatData, packed
      graph.uint32((4 << 3) | 5).float(4.5);
      graph.uint32(7 << 3).int64(-7); // int64Data, one by one
      graph
        .uint32((7 << 3) | 2)
        .fork()
        .int64(8)
        .int64(300)
        .ldelim();
      graph.ldelim();
    });
    const [tensor] = decodeModel(bytes).graph!.initializer;
    assert.deepEqual(tensor!.dims, [2, 3, 4]);
    assert.deepEqual(tensor!.floatData, Float32Array.of(1.5, 2.5, 3.5, 4.5));
    assert.deepEqual(tensor!.int64Data, BigInt64Array.of(-7n, 8n, 300n));
  });

  it('skips fields that it does not know', () => {
    const bytes = modelWith((graph) => {
      graph.uint32((900 << 3) | 0).int64(5);
      graph.uint32((901 << 3) | 1).double(5);
      graph.uint32((902 << 3) | 2).bytes(Uint8Array.of(1, 2, 3));
      graph.uint32((903 << 3) | 5).float(5);
      graph.uint32((2 << 3) | 2).string('after');
    });
    assert.equal(decodeModel(bytes).graph!.name, 'after');
  });

  it('refuses a size that a number cannot hold', () => {
    const bytes = modelWith((graph) => {
      graph.uint32((5 << 3) | 2).fork();
      graph.uint32(1 << 3).int64({ low: 1, high: 1 << 22, unsigned: false });
      graph.ldelim();
    });
    assert.throws(() => decodeModel(bytes), badFile(/integer 18014398509481985 is out of range, at byte \d+ of \d+, in graph\.initializer\[0\]/));
  });

  it('refuses a graph that is there twice, which readers would understand differently', () => {
    const once = modelWith((graph) => graph.uint32((2 << 3) | 2).string('g'));
    assert.throws(() => decodeModel(Buffer.concat([once, once])), badFile(/graph is there twice/));
  });

  it('names the file, the byte and the place where a cut-off file ends', function () {
    const bytes = readModel(this, 'small_resnet');
    assert.throws(
      () => decodeModel(bytes.subarray(0, bytes.length / 2), 'models/half.onnx'),
      badFile(/^models\/half\.onnx is not a readable ONNX model: \d+ bytes are announced and \d+ are left, at byte \d+ of 40820, in graph\. It may be cut off/),
    );
  });

  it('answers every prefix of a file with bad-file or a model, never with anything else', () => {
    const bytes = encodeModel(EVERYTHING);
    let refused = 0;
    for (let length = 0; length < bytes.length; length++)
      try {
        decodeModel(bytes.subarray(0, length));
      } catch (error) {
        badFile(/./)(error);
        refused++;
      }
    assert(refused > bytes.length / 2, `${refused} of ${bytes.length} refused`);
  });

  it('answers random changes of bytes with bad-file or a model', () => {
    const bytes = encodeModel(EVERYTHING);
    const random = new Random(11);
    let refused = 0;
    for (let round = 0; round < 5000; round++) {
      const damaged = bytes.slice();
      for (let change = 0; change < 1 + (round % 4); change++) damaged[random.integer(bytes.length)] = random.integer(256);
      try {
        decodeModel(damaged);
      } catch (error) {
        badFile(/./)(error);
        refused++;
      }
    }
    assert(refused > 1000, `${refused} of 5000 refused`);
  });

  it('answers random bytes with bad-file', () => {
    const random = new Random(12);
    for (let round = 0; round < 500; round++)
      assert.throws(() => decodeModel(Uint8Array.from({ length: 1 + random.integer(300) }, () => random.integer(256))), badFile(/./));
  });

  it('refuses messages that lie too deep in each other', () => {
    let inner = new Uint8Array(0);
    for (let level = 0; level < 200; level++)
      for (const number of [6, 5, 1])
        inner = new Uint8Array(
          new protobuf.Writer()
            .uint32((number << 3) | 2)
            .bytes(inner)
            .finish(),
        );
    assert.throws(
      () =>
        decodeModel(
          new protobuf.Writer()
            .uint32((7 << 3) | 2)
            .bytes(inner)
            .finish(),
        ),
      badFile(/more than 100 deep/),
    );
  });

  it('says what a file is that only looks like a model', () => {
    assert.throws(() => decodeModel(new Uint8Array(0), 'm.onnx'), badFile(/m\.onnx .* it is empty \(0 bytes\)/));
    assert.throws(() => decodeModel(Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0')), badFile(/Git LFS pointer/));
    assert.throws(() => decodeModel(Buffer.from('<!DOCTYPE html><html></html>')), badFile(/text file/));
    assert.throws(() => decodeModel(Buffer.from('PK\u0003\u0004abc')), badFile(/zip archive/));
    assert.throws(() => decodeModel(encodeModel({ irVersion: 8 })), badFile(/holds no graph/));
  });

  it('names the field that cannot be written', () => {
    assert.throws(() => encodeModel({ graph: { node: [{}, { attribute: [{ i: 0.5 }] }] } }), {
      name: 'RobencError',
      code: 'bad-input',
      message: 'The ONNX model cannot be written: graph.node[1].attribute[0].i: expected an integer, got 0.5.',
    });
    assert.throws(() => encodeModel({ modelVersion: 2n ** 63n }), { code: 'bad-input', message: /modelVersion: 9223372036854775808 is not a 64-bit integer/ });
  });
});
