/** @file Samples of quantisers. A finite difference of steps says nothing: their gradients have tests of their own. */
import { sample, normal, values, type Sample } from './sample.js';
import type { TensorData } from '@robenc/shared/graph/value.js';

const uint8 = (list: readonly number[], shape: readonly number[] = [list.length]): TensorData => ({ dtype: 'uint8', shape, data: Uint8Array.from(list) });
const int8 = (list: readonly number[], shape: readonly number[] = [list.length]): TensorData => ({ dtype: 'int8', shape, data: Int8Array.from(list) });
const f32 = { dtype: 'float32' } as const;

export const quantizedSamples: readonly Sample[] = [
  sample('QuantizeLinear', [normal('batch', 3, 4), values([0.1], []), uint8([100], [])], {}, f32),
  sample('QuantizeLinear', [normal('batch', 3, 4), values([0.1, 0.2, 0.3]), int8([0, 1, -2])], { axis: -2 }, f32),
  sample('Levels', [normal('batch', 3, 4), values([2])], { low: -1, high: 3 }, { ...f32, domain: 'robenc' }),
  // Linear in its scale.
  sample('DequantizeLinear', [uint8([1, 2, 3, 250, 128, 0], [2, 3]), normal(), uint8([128], [])], {}, { ...f32, step: 1 }),
  sample('DequantizeLinear', [int8([1, 2, 3, -50, 127, 0], [2, 3]), normal(2), int8([3, -2])], { axis: 0 }, { ...f32, step: 1 }),
  sample('DynamicQuantizeLinear', [normal('batch', 5)], {}, { ...f32, outputs: 3, through: [] }),
];
