/** @file Models for tests of the codec: the fixtures, and one that uses every field. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Context } from 'mocha';
import { bytesOf, type Draft, type ModelProto, type TensorProto } from '@robenc/shared/proto/onnx.js';
import { folderOrSkip } from '../../skip.js';

export const FIXTURE_MODELS = ['small_resnet', 'mobilenet_v2_035', 'squeezenet1_1', 'vit_tiny'] as const;

/** The folder of a fixture: the committed one, else in ROBENC_FIXTURES, else the test is skipped. */
export function modelFolder(context: Context, name: string): string {
  const committed = fileURLToPath(new URL(`../../fixtures/onnx-gradients/${name}`, import.meta.url));
  return existsSync(committed) ? committed : folderOrSkip(context, 'ROBENC_FIXTURES', join('onnx-gradients', name));
}

export function readModel(context: Context, name: string): Uint8Array {
  return readFileSync(join(modelFolder(context, name), 'model.onnx'));
}

const tensor: Draft<TensorProto> = { name: 'weights', dims: [2, 3], dataType: 1, floatData: Float32Array.of(1, -2, 0.5, 3e38, -0, 7) };
const entry = { key: 'key', value: 'value' };

/** A model in which every field of every message is set, lists with two elements, and numbers at the ends of their ranges. */
export const EVERYTHING: Draft<ModelProto> = {
  irVersion: 10,
  opsetImport: [
    { domain: '', version: 18 },
    { domain: 'ai.onnx.ml', version: 3 },
  ],
  producerName: 'robenc',
  producerVersion: '1',
  domain: 'org.example',
  modelVersion: -(2n ** 63n),
  docString: 'Überprüft – 検査 ✓',
  metadataProps: [entry, { key: 'second', value: '' }],
  graph: {
    name: 'everything',
    docString: 'graph',
    metadataProps: [entry],
    node: [
      {
        input: ['a', '', 'b'],
        output: ['c', 'd'],
        name: 'node',
        opType: 'If',
        domain: 'org.example',
        overload: 'other',
        docString: 'node',
        metadataProps: [entry],
        attribute: [
          { name: 'f', type: 1, f: 0 },
          { name: 'i', type: 2, i: 2n ** 63n - 1n, docString: 'attribute' },
          { name: 'small', type: 2, i: -1 },
          { name: 's', type: 3, s: bytesOf('ä') },
          { name: 't', type: 4, t: tensor },
          { name: 'g', type: 5, g: { name: 'branch', node: [{ opType: 'Relu', input: ['x'], output: ['y'] }] } },
          { name: 'floats', type: 6, floats: [1.5, -0, Infinity] },
          { name: 'ints', type: 7, ints: [0, -(2 ** 40), 2n ** 62n] },
          { name: 'strings', type: 8, strings: [bytesOf('one'), bytesOf('')] },
          { name: 'tensors', type: 9, tensors: [tensor, { name: 'empty', dims: [0], dataType: 7 }] },
          { name: 'graphs', type: 10, graphs: [{ name: 'first' }, { name: 'second' }] },
          { name: 'sparse', type: 11, sparseTensor: { values: tensor, indices: { dims: [1], dataType: 7, int64Data: BigInt64Array.of(-5n) }, dims: [6] } },
          { name: 'sparses', type: 12, sparseTensors: [{ dims: [1, 2] }] },
          {
            name: 'type',
            type: 13,
            tp: { denotation: 'IMAGE', tensorType: { elemType: 1, shape: { dim: [{ dimValue: 0 }, { dimParam: 'n', denotation: 'BATCH' }, {}] } } },
          },
          { name: 'types', type: 14, typeProtos: [{ opaqueType: { domain: 'd', name: 'n' } }, { sparseTensorType: { elemType: 1 } }] },
          { name: 'ref', refAttrName: 'outer', type: 1 },
        ],
      },
    ],
    initializer: [
      { name: 'doubles', dims: [1], dataType: 11, doubleData: Float64Array.of(Math.PI), metadataProps: [entry] },
      { name: 'wide', dims: [2], dataType: 13, uint64Data: BigUint64Array.of(0n, 2n ** 64n - 1n) },
      { name: 'ints', dims: [2], dataType: 6, int32Data: Int32Array.of(-(2 ** 31), 5) },
      { name: 'texts', dims: [2], dataType: 8, stringData: [bytesOf('a'), bytesOf('')] },
      { name: 'raw', dims: [], dataType: 1, rawData: Uint8Array.of(0, 0, 128, 63), segment: { begin: 0, end: 2n ** 60n } },
      { name: 'elsewhere', dims: [1], dataType: 1, dataLocation: 1, externalData: [{ key: 'location', value: 'weights.bin' }], docString: 'tensor' },
    ],
    sparseInitializer: [{ values: tensor, dims: [10] }],
    input: [
      {
        name: 'x',
        docString: 'value',
        metadataProps: [entry],
        type: { sequenceType: { elemType: { mapType: { keyType: 7, valueType: { tensorType: { elemType: 1 } } } } } },
      },
    ],
    output: [{ name: 'y', type: { optionalType: { elemType: { tensorType: { elemType: 9, shape: { dim: [] } } } } } }],
    valueInfo: [{ name: 'c' }],
    quantizationAnnotation: [{ tensorName: 'c', quantParameterTensorNames: [entry] }],
  },
  functions: [
    {
      name: 'twice',
      input: ['x'],
      output: ['y'],
      attribute: ['alpha'],
      attributeProto: [{ name: 'beta', type: 1, f: 2 }],
      node: [{ opType: 'Add', input: ['x', 'x'], output: ['y'] }],
      docString: 'function',
      opsetImport: [{ domain: '', version: 18 }],
      domain: 'org.example',
      overload: 'o',
      valueInfo: [{ name: 'y' }],
      metadataProps: [entry],
    },
  ],
};
