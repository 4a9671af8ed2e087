/** @file Stored tensors as arrays: every element type, in every way to store it, and nothing outside the model's folder. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DType, TypedArray } from '@robenc/shared/graph/value.js';
import { decodeModel } from '@robenc/shared/proto/decode.js';
import { DATA_TYPE } from '@robenc/shared/proto/dtypes.js';
import { encodeModel } from '@robenc/shared/proto/encode.js';
import type { Draft, TensorProto } from '@robenc/shared/proto/onnx.js';
import { dataToTensor, tensorToData } from '@robenc/shared/proto/tensor.js';

/** The tensor as it is after writing and reading a whole model. */
function stored(tensor: Draft<TensorProto>): TensorProto {
  return decodeModel(encodeModel({ graph: { initializer: [tensor] } })).graph!.initializer[0]!;
}

const CASES: readonly { readonly dtype: DType; readonly data: TypedArray; readonly fields: Draft<TensorProto> }[] = [
  { dtype: 'float32', data: Float32Array.of(1, -0, NaN), fields: { floatData: Float32Array.of(1, -0, NaN) } },
  { dtype: 'float64', data: Float64Array.of(Math.PI, -Infinity, 5e-324), fields: { doubleData: Float64Array.of(Math.PI, -Infinity, 5e-324) } },
  { dtype: 'float16', data: Uint16Array.of(0x3c00, 0xfbff, 0x7e00), fields: { int32Data: Int32Array.of(0x3c00, 0xfbff, 0x7e00) } },
  { dtype: 'int8', data: Int8Array.of(-128, 0, 127), fields: { int32Data: Int32Array.of(-128, 0, 127) } },
  { dtype: 'uint8', data: Uint8Array.of(0, 128, 255), fields: { int32Data: Int32Array.of(0, 128, 255) } },
  { dtype: 'int32', data: Int32Array.of(-(2 ** 31), 0, 2 ** 31 - 1), fields: { int32Data: Int32Array.of(-(2 ** 31), 0, 2 ** 31 - 1) } },
  { dtype: 'int64', data: BigInt64Array.of(-(2n ** 63n), 0n, 2n ** 63n - 1n), fields: { int64Data: BigInt64Array.of(-(2n ** 63n), 0n, 2n ** 63n - 1n) } },
  { dtype: 'bool', data: Uint8Array.of(0, 1, 1), fields: { int32Data: Int32Array.of(0, 1, 1) } },
];

describe('tensors of ONNX files', () => {
  for (const { dtype, data, fields } of CASES) {
    it(`${dtype} survives being stored as raw bytes, at any alignment`, () => {
      for (const name of ['', 'a', 'ab', 'abc', 'abcd', 'abcde', 'abcdef', 'abcdefg'])
        assert.deepEqual(tensorToData(stored(dataToTensor(name, { dtype, shape: [3, 1], data }))), { dtype, shape: [3, 1], data });
    });

    it(`${dtype} is read from its typed field`, () => {
      assert.deepEqual(tensorToData(stored({ dims: [3], dataType: DATA_TYPE[dtype], ...fields })), { dtype, shape: [3], data });
    });
  }

  it('a scalar and an empty tensor have 1 and 0 elements', () => {
    assert.deepEqual(tensorToData(stored({ dataType: 1, rawData: Uint8Array.of(0, 0, 128, 63) })), { dtype: 'float32', shape: [], data: Float32Array.of(1) });
    assert.deepEqual(tensorToData(stored({ dataType: 7, dims: [2, 0], rawData: new Uint8Array(0) })), {
      dtype: 'int64',
      shape: [2, 0],
      data: new BigInt64Array(0),
    });
  });

  it('an aligned tensor shares the memory of the file', () => {
    const raw = new Uint8Array(new Float32Array(4).buffer);
    const tensor = { ...stored({ dims: [4], dataType: 1 }), rawData: raw };
    assert.equal(tensorToData(tensor).data.buffer, raw.buffer);
  });

  it('refuses elements that do not match the shape', () => {
    assert.throws(() => tensorToData(stored({ name: 'w', dims: [2, 2], dataType: 1, rawData: new Uint8Array(12) })), {
      code: 'bad-file',
      message: 'Tensor "w" float32[2,2] needs 16 bytes and has 12. The file may be damaged.',
    });
    assert.throws(() => tensorToData(stored({ name: 'w', dims: [3], dataType: 1, floatData: Float32Array.of(1) })), {
      code: 'bad-file',
      message: /needs 3 elements and has 1/,
    });
    assert.throws(() => tensorToData(stored({ name: 'w', dims: [-1], dataType: 1 })), { code: 'bad-file', message: /impossible shape \[-1\]/ });
    assert.throws(() => tensorToData(stored({ name: 'w', dims: [2 ** 40, 2 ** 40], dataType: 1 })), { code: 'bad-file', message: /impossible shape/ });
    assert.throws(() => dataToTensor('w', { dtype: 'float32', shape: [2], data: new Float32Array(3) }), { code: 'bad-input' });
  });

  it('refuses element types that nothing here computes with, by name', () => {
    assert.throws(() => tensorToData(stored({ name: 'w', dims: [1], dataType: 16 })), {
      code: 'unsupported',
      message: /^Tensor "w" has elements of bfloat16\. There are: float32, /,
    });
    assert.throws(() => tensorToData(stored({ name: 'w', dims: [1], dataType: 99 })), { code: 'unsupported', message: /type 99/ });
  });
});

describe('tensors with elements in another file', () => {
  let folder: string;
  let outside: string;

  before(() => {
    outside = mkdtempSync(join(tmpdir(), 'robenc-external-'));
    folder = join(outside, 'model');
    mkdirSync(join(folder, 'parts'), { recursive: true });
    const bytes = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
    for (const path of [join(folder, 'w.bin'), join(folder, 'parts', 'w.bin'), join(outside, 'secret.bin')]) writeFileSync(path, bytes);
    symlinkSync(join(outside, 'secret.bin'), join(folder, 'link.bin'));
    symlinkSync(join(folder, 'w.bin'), join(folder, 'inner-link.bin'));
    symlinkSync(outside, join(folder, 'up'));
  });

  after(() => rmSync(outside, { recursive: true }));

  function external(entries: Readonly<Record<string, string>>, dims = [4]): TensorProto {
    return stored({ name: 'w', dims, dataType: 1, dataLocation: 1, externalData: Object.entries(entries).map(([key, value]) => ({ key, value })) });
  }

  it('are read from that file, whole or in part', () => {
    assert.deepEqual(tensorToData(external({ location: 'w.bin' }), { folder }).data, Float32Array.of(1, 2, 3, 4));
    assert.deepEqual(tensorToData(external({ location: 'parts/w.bin', offset: '4', length: '8' }, [2]), { folder }).data, Float32Array.of(2, 3));
    assert.deepEqual(tensorToData(external({ location: 'inner-link.bin', offset: '12' }, [1]), { folder }).data, Float32Array.of(4));
  });

  for (const location of [
    '../secret.bin',
    'parts/../../secret.bin',
    '..\\secret.bin',
    'link.bin',
    'up/secret.bin',
    '/etc/hostname',
    'C:\\w.bin',
    'w.bin\0',
    '',
  ])
    it(`are not read from ${JSON.stringify(location)}`, () => {
      assert.throws(() => tensorToData(external({ location }), { folder }), { name: 'RobencError', code: 'bad-file' });
    });

  it('name the file that is missing, too short or no file', () => {
    assert.throws(() => tensorToData(external({ location: 'none.bin' }), { folder }), {
      code: 'bad-file',
      message: /"none\.bin": that file is not beside the model/,
    });
    assert.throws(() => tensorToData(external({ location: 'w.bin', offset: '8', length: '16' }), { folder }), {
      code: 'bad-file',
      message: /bytes 8 to 24 are asked for and the file has 16/,
    });
    assert.throws(() => tensorToData(external({ location: 'w.bin', offset: '99' }), { folder }), { code: 'bad-file' });
    assert.throws(() => tensorToData(external({ location: 'w.bin', offset: '-4' }), { folder }), {
      code: 'bad-file',
      message: /offset "-4" is not a whole number/,
    });
    assert.throws(() => tensorToData(external({ location: 'w.bin', length: 'all' }), { folder }), {
      code: 'bad-file',
      message: /length "all" is not a whole number/,
    });
    assert.throws(() => tensorToData(external({ location: 'parts' }), { folder }), { code: 'bad-file', message: /not a file/ });
    assert.throws(() => tensorToData(external({ location: 'w.bin' })), { code: 'unsupported', message: /Open the model by its path/ });
  });
});
