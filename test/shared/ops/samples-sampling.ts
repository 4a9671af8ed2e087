/** @file Samples of operators that read images between their places, at places that other inputs give, or in random order. */
import type { TensorData } from '@robenc/shared/graph/value.js';
import { distinct, indices, ints, normal, sample, unit, values, type Sample } from './sample.js';

const f64 = (list: readonly number[], shape: readonly number[]): TensorData => values(list, shape);
const small = { step: 1e-6 } as const;
const GRID_PADDINGS = ['zeros', 'border', 'reflection'] as const;
const ROIS = f64([0.3, 1.2, 6.1, 5.3, 2.4, 0.1, 4.2, 7.9, -1.6, -0.7, 3.3, 9.4], [3, 4]);
const bools = (...list: number[]): TensorData => ({ dtype: 'bool', shape: [list.length], data: Uint8Array.from(list) });

const grids: readonly Sample[] = GRID_PADDINGS.flatMap((padding_mode) => [
  ...[0, 1].flatMap((align_corners) => [
    // Standard normal coordinates lie outside [-1, 1] every third time.
    sample('GridSample', [normal('batch', 3, 4, 5), normal('batch', 3, 2, 2)], { mode: 'linear', padding_mode, align_corners }, small),
    sample('GridSample', [normal(2, 2, 5, 4), normal(2, 3, 3, 2)], { mode: 'cubic', padding_mode, align_corners }, small),
    sample('GridSample', [normal(2, 2, 4, 5), normal(2, 3, 2, 2)], { mode: 'nearest', padding_mode, align_corners }, { wrt: [0] }),
  ]),
  sample('GridSample', [normal(2, 2, 3, 4, 5), normal(2, 2, 1, 2, 3)], { mode: 'linear', padding_mode }, small),
  sample('GridSample', [normal(1, 2, 3, 4, 5), normal(1, 2, 3, 4, 3)], { mode: 'nearest', padding_mode, align_corners: 1 }, { wrt: [0] }),
]);

const regions: readonly Sample[] = [
  ...['avg', 'max'].flatMap((mode) =>
    ['half_pixel', 'output_half_pixel'].map((coordinate_transformation_mode) =>
      sample(
        'RoiAlign',
        [distinct(2, 2, 8, 8), ROIS, indices([3], 0, 1, 0)],
        { mode, coordinate_transformation_mode, output_height: 3, output_width: 2, sampling_ratio: 2, spatial_scale: 0.9 },
        small,
      ),
    ),
  ),
  sample('RoiAlign', [normal(1, 2, 8, 7), unit(2, 4), indices([2], 0, 0)], { output_height: 2, output_width: 2, sampling_ratio: 1, spatial_scale: 4 }, small),
  sample(
    'MaxRoiPool',
    [distinct(2, 1, 6, 5), values([0, 0.3, 1.2, 4.1, 5.3, 1, 2.4, 0.1, 4.2, 5.9, 0, -1.6, -0.7, 3.3, 7.4], [3, 5])],
    { pooled_shape: [3, 2], spatial_scale: 0.9 },
    { dtype: 'float32' },
  ),
];

const deformed: readonly Sample[] = [
  sample('DeformConv', [normal('batch', 3, 6, 7), normal(4, 3, 3, 2), normal('batch', 12, 4, 6), normal(4)], { kernel_shape: [3, 2] }, small),
  sample(
    'DeformConv',
    [normal(2, 4, 7, 6), normal(6, 2, 3, 3), normal(2, 36, 4, 2), normal(6), normal(2, 18, 4, 2)],
    { kernel_shape: [3, 3], group: 2, offset_group: 2, strides: [2, 3], pads: [1, 1, 1, 1] },
    small,
  ),
  sample('DeformConv', [normal(1, 2, 7, 7), normal(2, 2, 2, 2), normal(1, 8, 5, 6)], { kernel_shape: [2, 2], dilations: [2, 1] }, small),
];

const others: readonly Sample[] = [
  sample('AffineGrid', [normal('batch', 2, 3), ints(2, 3, 4, 5)], {}, { step: 1 }),
  sample('AffineGrid', [normal(2, 3, 4), ints(2, 3, 2, 4, 5)], { align_corners: 1 }, { step: 1 }),
  sample('Col2Im', [normal('batch', 8, 12), ints(4, 5), ints(2, 2)], { strides: [1, 1] }, { dtype: 'float32', step: 1 }),
  sample('Col2Im', [normal(2, 12, 6), ints(5, 7), ints(3, 2)], { strides: [2, 3], pads: [1, 0, 1, 1], dilations: [1, 2] }, { dtype: 'float32', step: 1 }),
  sample('Col2Im', [normal(1, 8, 2), ints(2, 2, 3), ints(2, 2, 2)], {}, { dtype: 'float32', step: 1 }),
  sample('MaxUnpool', [normal(1, 1, 2, 2), indices([1, 1, 2, 2], 5, 7, 13, 10)], { kernel_shape: [2, 2], strides: [2, 2] }, { dtype: 'float32', step: 1 }),
  sample(
    'MaxUnpool',
    [normal(1, 1, 2, 2), indices([1, 1, 2, 2], 5, 7, 13, 24), ints(1, 1, 5, 5)],
    { kernel_shape: [2, 2], strides: [2, 2] },
    { dtype: 'float32', step: 1 },
  ),
  sample('Det', [normal('batch', 3, 3)], {}, { dtype: 'float32' }),
  sample('Det', [normal(2, 2, 4, 4)], {}, { dtype: 'float32', step: 3e-2 }),
  sample('Det', [normal(1, 1)], {}, { dtype: 'float32', step: 1 }),
  // A singular matrix has a gradient too.
  sample('Det', [normal(2, 2)], {}, { dtype: 'float32' }),
  sample('EyeLike', [normal(3, 4)], { k: 1 }, { through: [] }),
  sample('Compress', [normal('batch', 4, 3), bools(1, 0, 1)], { axis: 1 }),
  sample('Compress', [normal(2, 3), bools(1, 0, 1, 0, 1)]),
  sample('NonZero', [values([1, 0, 2, 0, 0, 3], [2, 3])], {}, { dtype: 'float32', open: [[2, 3]] }),
  sample('Unique', [distinct(6)], {}, { outputs: 4, open: [[6], [6], [6], [6]] }),
  sample('Unique', [distinct(3, 2)], { axis: 0 }, { outputs: 1, open: [[3, 2]] }),
  sample(
    'NonMaxSuppression',
    [values([0, 0, 1, 1, 0, 0, 1, 1.1, 3, 3, 4, 4], [1, 3, 4]), values([0.9, 0.8, 0.7], [1, 1, 3]), ints(3), values([0.5]), values([0])],
    {},
    { dtype: 'float32', open: [[2, 3]] },
  ),
];

const random: readonly Sample[] = [
  ...['RandomNormal', 'RandomUniform'].map((op) => sample(op, [], { shape: [2, 3] }, { dtype: 'float32' })),
  ...['RandomNormalLike', 'RandomUniformLike'].map((op) => sample(op, [normal('batch', 3)], {}, { dtype: 'float32', through: [] })),
  sample('Bernoulli', [values([0.1, 0.9, 0.5])], {}, { dtype: 'float32' }),
  sample('Multinomial', [normal('batch', 3)], { sample_size: 4 }, { dtype: 'float32' }),
];

export const samplingSamples: readonly Sample[] = [...grids, ...regions, ...deformed, ...others, ...random];
