/** @file A small function for every kernel that can be traced. */
import * as tf from '@tensorflow/tfjs';
import type { Fn, Port, Ports } from './parity.js';

export interface Sample {
  /** What it shows, in the test's title. */
  readonly title: string;
  /** The kernels that it is a sample of. */
  readonly kernels: readonly string[];
  readonly ports: Ports;
  readonly fn: Fn;
  readonly tolerance?: number;
}

type Tensors = Record<string, tf.Tensor>;
const vector: Port = { shape: [3, 4] };
const positive: Port = { shape: [3, 4], low: 0.2, high: 3 };
const inside: Port = { shape: [3, 4], low: -0.9, high: 0.9 };
const integers: Port = { shape: [3, 4], dtype: 'int32', below: 5 };
const flags: Port = { shape: [3, 4], dtype: 'bool' };
const square: Port = { shape: [1, 6, 6, 3], layout: 'NCHW' };
const image: Port = { shape: [2, 7, 6, 3], layout: 'NCHW' };

const sample = (kernels: string | readonly string[], ports: Ports, fn: (t: Tensors) => tf.Tensor | Tensors, title?: string, tolerance?: number): Sample => {
  const names = typeof kernels === 'string' ? [kernels] : kernels;
  return {
    title: title ?? names.join(', '),
    kernels: names,
    ports,
    fn: (t) => {
      const result = fn(t);
      return result instanceof tf.Tensor ? { y: result } : result;
    },
    ...(tolerance === undefined ? {} : { tolerance }),
  };
};
const unary = (kernel: string, fn: (x: tf.Tensor) => tf.Tensor, port: Port = vector, tolerance?: number): Sample =>
  sample(kernel, { x: port }, ({ x }) => fn(x!), undefined, tolerance);
const binary = (kernel: string, fn: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, a: Port = vector, b: Port = a): Sample =>
  sample(kernel, { a, b }, (t) => fn(t['a']!, t['b']!));
/** The gradient of a weighted sum of fn with respect to all inputs, by tfjs itself. */
const grads = (kernels: string | readonly string[], ports: Ports, fn: (...tensors: tf.Tensor[]) => tf.Tensor, title: string): Sample =>
  sample(
    kernels,
    ports,
    (t) => {
      const names = Object.keys(ports);
      const results = tf.grads((...tensors: tf.Tensor[]) => {
        const y = fn(...tensors);
        const weights = tf
          .range(0, y.size)
          .mul(2 / y.size)
          .sub(1);
        return y.mul(weights.reshape(y.shape)).sum();
      })(names.map((name) => t[name]!));
      return Object.fromEntries(names.map((name, i) => [`d${name}`, results[i]!]));
    },
    title,
    5e-6,
  );
const image4 = (t: tf.Tensor | undefined): tf.Tensor4D => t as tf.Tensor4D;

export const samples: readonly Sample[] = [
  unary('Neg', tf.neg),
  unary('Sqrt', tf.sqrt, positive),
  unary('Exp', tf.exp),
  unary('Log', tf.log, positive),
  unary('Abs', tf.abs),
  unary('Relu', tf.relu),
  unary('Sigmoid', tf.sigmoid),
  unary('Tanh', tf.tanh),
  unary('Erf', tf.erf, vector, 1e-5),
  unary('Softplus', tf.softplus),
  unary('Elu', tf.elu),
  unary('Selu', tf.selu),
  unary('Sign', tf.sign),
  unary('Floor', tf.floor),
  unary('Ceil', tf.ceil),
  unary('Round', tf.round),
  unary('Reciprocal', tf.reciprocal, positive),
  unary('Sin', tf.sin),
  unary('Cos', tf.cos),
  unary('Tan', tf.tan, inside),
  unary('Asin', tf.asin, inside),
  unary('Acos', tf.acos, inside),
  unary('Atan', tf.atan),
  unary('Sinh', tf.sinh),
  unary('Cosh', tf.cosh),
  unary('Asinh', tf.asinh),
  unary('Acosh', tf.acosh, { shape: [3, 4], low: 1.5, high: 3 }),
  unary('Atanh', tf.atanh, inside),
  unary('Identity', (x) => tf.clone(x).mul(2)),
  sample('LogicalNot', { x: flags }, ({ x }) => tf.logicalNot(x!)),
  unary('Square', tf.square),
  unary('Rsqrt', tf.rsqrt, positive),
  ...[1e-6, 1e-3, 0.9, 20].flatMap((high) => [
    sample('Expm1', { x: { shape: [3, 4], low: -high, high } }, ({ x }) => tf.expm1(x!), `Expm1 within ${high}`),
    sample('Log1p', { x: { shape: [3, 4], low: -Math.min(high, 0.99), high } }, ({ x }) => tf.log1p(x!), `Log1p within ${high}`),
  ]),
  unary('Relu6', (x) => tf.relu6(x.mul(5))),
  unary('LeakyRelu', (x) => tf.leakyRelu(x, 0.3)),
  unary('ClipByValue', (x) => tf.clipByValue(x, -0.5, 1)),
  unary('Step', (x) => tf.step(x, 0.25)),
  sample('Step', { x: vector }, ({ x }) => tf.step(x!), 'Step with the default of 0'),
  sample('Cast', { x: vector, n: integers, f: flags }, ({ x, n, f }) => ({
    truncated: tf.cast(x!, 'int32'),
    truth: tf.cast(n!, 'bool'),
    float: tf.cast(n!, 'float32'),
    number: tf.cast(f!, 'float32'),
  })),
  binary('Add', tf.add),
  sample(
    'Add',
    { a: { shape: [2, 3, 4] }, b: { shape: [4] }, c: { shape: [3, 1] }, d: { shape: [2, 1, 1] } },
    (t) => tf.addN([t['a']!]).add(t['b']!).add(t['c']!).add(t['d']!),
    'Add with operands that broadcast',
  ),
  binary('Sub', tf.sub),
  binary('Multiply', tf.mul),
  binary('RealDiv', tf.div, positive),
  binary('Maximum', tf.maximum),
  binary('Minimum', tf.minimum),
  binary('Pow', tf.pow, positive, inside),
  unary('Pow', (x) => tf.pow(x, 2)),
  binary('SquaredDifference', tf.squaredDifference),
  binary('Mod', tf.mod, vector, positive),
  sample('Mod', { a: integers, b: integers }, (t) => tf.mod(t['a']!, t['b']!.add(tf.scalar(1, 'int32'))), 'Mod of integers'),
  sample('FloorDiv', { a: vector, b: positive, n: integers, m: integers }, (t) => ({
    floats: tf.floorDiv(t['a']!, t['b']!),
    integers: tf.floorDiv(t['n']!.sub(tf.scalar(2, 'int32')), t['m']!.add(tf.scalar(1, 'int32'))),
  })),
  binary('Greater', tf.greater),
  binary('GreaterEqual', tf.greaterEqual),
  binary('Less', tf.less),
  binary('LessEqual', tf.lessEqual),
  binary('Equal', tf.equal, integers),
  binary('NotEqual', tf.notEqual, integers),
  binary('LogicalAnd', tf.logicalAnd, flags),
  binary('LogicalOr', tf.logicalOr, flags),
  sample('AddN', { a: vector, b: vector, c: vector }, (t) => tf.addN([t['a']!, t['b']!, t['c']!])),
  sample('Select', { c: flags, a: vector, b: vector }, (t) => tf.where(t['c']!, t['a']!, t['b']!)),
  sample('Prelu', { x: image, a: { shape: [3] } }, (t) => tf.prelu(t['x']!, t['a']!)),
  grads('EluGrad', { x: vector }, (x) => tf.elu(x), 'the gradient of elu'),

  binary('BatchMatMul', (a, b) => tf.matMul(a, b), { shape: [3, 4] }, { shape: [4, 5] }),
  sample(
    'BatchMatMul',
    { a: { shape: [2, 4, 3] }, b: { shape: [2, 5, 4] } },
    (t) => tf.matMul(t['a']!, t['b']!, true, true),
    'BatchMatMul of transposed batches',
  ),
  sample('BatchMatMul', { a: { shape: [2, 3, 4] }, b: { shape: [1, 4, 5] } }, (t) => tf.matMul(t['a']!, t['b']!), 'BatchMatMul with one matrix for a batch'),
  sample(
    '_FusedMatMul',
    { a: { shape: [3, 4] }, b: { shape: [5, 4] }, bias: { shape: [5] }, w: { shape: [3, 5] } },
    (t) => {
      const fused = (activation: 'relu' | 'prelu' | 'elu' | 'sigmoid' | 'relu6' | 'leakyrelu' | 'linear') =>
        tf.fused.matMul({ a: t['a']!, b: t['b']!, transposeB: true, bias: t['bias']!, activation, preluActivationWeights: t['w']!, leakyreluAlpha: 0.1 });
      return {
        relu: fused('relu'),
        prelu: fused('prelu'),
        elu: fused('elu'),
        sigmoid: fused('sigmoid'),
        relu6: fused('relu6'),
        leaky: fused('leakyrelu'),
        linear: fused('linear'),
      };
    },
    '_FusedMatMul with bias and every activation',
  ),

  ...(['same', 'valid', 1] as const).flatMap((pad) =>
    [1, 2].map((stride) =>
      sample(
        'Conv2D',
        { x: image, w: { shape: [3, 3, 3, 4] } },
        (t) => tf.conv2d(image4(t['x']), image4(t['w']), stride, pad),
        `Conv2D with stride ${stride} and pad ${pad}`,
        5e-6,
      ),
    ),
  ),
  sample(
    'Conv2D',
    { x: image, w: { shape: [3, 3, 3, 4] } },
    (t) => tf.conv2d(image4(t['x']), image4(t['w']), 1, 'same', 'NHWC', 2),
    'Conv2D with dilation',
    5e-6,
  ),
  sample(
    'Conv2D',
    { x: { shape: [2, 7, 6, 3] }, w: { shape: [3, 2, 3, 4] } },
    (t) =>
      tf.conv2d(
        image4(t['x']),
        image4(t['w']),
        [2, 1],
        [
          [0, 0],
          [2, 1],
          [0, 1],
          [0, 0],
        ],
      ),
    'Conv2D of an image stored channels last, with uneven pads',
    5e-6,
  ),
  sample(
    'DepthwiseConv2dNative',
    { x: image, w: { shape: [3, 3, 3, 2] } },
    (t) => tf.depthwiseConv2d(image4(t['x']), image4(t['w']), 2, 'same'),
    undefined,
    5e-6,
  ),
  sample(
    'FusedConv2D',
    { x: image, w: { shape: [3, 3, 3, 4] }, bias: { shape: [4] } },
    (t) => tf.fused.conv2d({ x: image4(t['x']), filter: image4(t['w']), strides: 1, pad: 'same', bias: t['bias']!, activation: 'relu' }),
    undefined,
    5e-6,
  ),
  sample(
    'FusedDepthwiseConv2D',
    { x: image, w: { shape: [3, 3, 3, 2] }, bias: { shape: [6] } },
    (t) => tf.fused.depthwiseConv2d({ x: image4(t['x']), filter: image4(t['w']), strides: 1, pad: 'valid', bias: t['bias']!, activation: 'relu6' }),
    undefined,
    5e-6,
  ),
  sample(
    'Conv2DBackpropInput',
    { x: { shape: [2, 4, 3, 4] }, w: { shape: [3, 3, 2, 4] } },
    (t) => tf.conv2dTranspose(image4(t['x']), image4(t['w']), [2, 7, 5, 2], 2, 'same'),
    'conv2dTranspose',
    5e-6,
  ),
  ...[1, 2].map((stride) =>
    grads(
      ['Conv2DBackpropInput', 'Conv2DBackpropFilter'],
      { x: image, w: { shape: [3, 3, 3, 4] } },
      (x, w) => tf.conv2d(image4(x), image4(w), stride, 'same'),
      `the gradient of conv2d with stride ${stride}`,
    ),
  ),
  ...[1, 2].map((stride) =>
    grads(
      ['DepthwiseConv2dNativeBackpropInput', 'DepthwiseConv2dNativeBackpropFilter'],
      { x: image, w: { shape: [3, 3, 3, 2] } },
      (x, w) => tf.depthwiseConv2d(image4(x), image4(w), stride, 'same'),
      `the gradient of depthwiseConv2d with stride ${stride}`,
    ),
  ),

  sample('MaxPool', { x: image }, (t) => tf.maxPool(image4(t['x']), 3, 2, 'same')),
  sample('AvgPool', { x: image }, (t) => tf.avgPool(image4(t['x']), [2, 3], 1, 'same')),
  grads('MaxPoolGrad', { x: image }, (x) => tf.maxPool(image4(x), 2, 2, 'valid'), 'the gradient of maxPool'),
  // Without padding: with it, tfjs's gradient divides by the whole window where its forward pass divides by the part inside.
  grads('AvgPoolGrad', { x: image }, (x) => tf.avgPool(image4(x), 3, 2, 'valid'), 'the gradient of avgPool'),

  ...(
    [
      ['Sum', tf.sum],
      ['Mean', tf.mean],
      ['Max', tf.max],
      ['Min', tf.min],
      ['Prod', tf.prod],
    ] as const
  ).map(([kernel, fn]) =>
    sample(kernel, { x: image }, ({ x }) => ({ spatial: fn(x!, [1, 2]), kept: fn(x!, [0, 3], true), last: fn(x!, -1), all: fn(x!) }), kernel, 5e-6),
  ),
  sample(
    ['Sum', 'Mean'],
    { n: integers, f: flags },
    ({ n, f }) => ({ sum: tf.sum(n!, 0), mean: tf.mean(n!, 1), count: tf.sum(f!, 1) }),
    'Sum and Mean of integers and booleans',
  ),
  sample('All', { x: flags }, ({ x }) => tf.all(x!, 0)),
  sample('Any', { x: flags }, ({ x }) => tf.any(x!, 1)),
  sample('ArgMax', { x: image }, ({ x }) => ({ channel: tf.argMax(x!, -1), row: tf.argMax(x!, 1) })),
  sample('ArgMin', { x: image }, ({ x }) => tf.argMin(x!, 3)),
  sample('Softmax', { x: vector }, ({ x }) => tf.softmax(x!)),
  sample(['Max', 'Exp', 'Sum', 'Log'], { x: vector }, ({ x }) => ({ log: tf.logSoftmax(x!), lse: tf.logSumExp(x!, 1) }), 'logSoftmax and logSumExp'),

  sample('Transpose', { x: image }, ({ x }) => ({ a: tf.transpose(x!, [3, 1, 0, 2]), b: tf.transpose(tf.transpose(x!, [1, 0, 3, 2]), [2, 0, 3, 1]).add(1) })),
  sample('Reshape', { x: image }, ({ x }) => ({
    flat: tf.reshape(x!, [2, -1]),
    split: tf.reshape(x!, [2, 1, 7, 2, 3, 3]).mul(2),
    squeezed: tf.squeeze(tf.mean(x!, [1, 2], true)),
    merged: tf.reshape(tf.transpose(x!, [0, 3, 1, 2]), [6, 42]),
    apart: tf.reshape(tf.transpose(x!, [1, 0, 2, 3]), [14, 18]),
  })),
  sample('ExpandDims', { x: image }, ({ x }) => ({ front: tf.expandDims(x!, 0).add(1), last: tf.expandDims(x!, -1) })),
  sample('Concat', { a: image, b: { shape: [2, 7, 6, 2] } }, (t) => ({
    channels: tf.concat([t['a']!, t['b']!, t['a']!], 3),
    batch: tf.concat([t['a']!, tf.ones([1, 7, 6, 3])], 0),
  })),
  sample('Pack', { a: image, b: image }, (t) => ({ first: tf.stack([t['a']!, t['b']!]), last: tf.stack([t['a']!, t['b']!], -1) })),
  sample('Tile', { x: { shape: [2, 1, 3] } }, ({ x }) => ({
    whole: tf.tile(x!, [2, 3, 2]),
    lazy: tf.tile(x!, [1, 4, 1]),
    used: tf.sum(tf.tile(x!, [1, 4, 1]), [1, 2]),
    broadcast: tf.broadcastTo(x!, [2, 5, 3]).add(tf.ones([2, 5, 3])),
  })),
  sample('PadV2', { x: image }, ({ x }) =>
    tf.pad(
      x!,
      [
        [0, 0],
        [1, 2],
        [0, 1],
        [2, 0],
      ],
      0.5,
    ),
  ),
  sample('MirrorPad', { x: image }, ({ x }) => ({
    reflect: tf.mirrorPad(
      x!,
      [
        [0, 0],
        [2, 1],
        [1, 3],
        [0, 0],
      ],
      'reflect',
    ),
    symmetric: tf.mirrorPad(
      x!,
      [
        [0, 0],
        [2, 1],
        [1, 3],
        [0, 0],
      ],
      'symmetric',
    ),
  })),
  sample('Reverse', { x: image }, ({ x }) => ({ one: tf.reverse(x!, 2), two: tf.reverse(x!, [1, -1]) })),
  sample('GatherV2', { x: image, i: { shape: [2, 3], dtype: 'int32', below: 6 } }, ({ x, i }) => tf.gather(x!, i as tf.Tensor2D, 2)),
  grads('UnsortedSegmentSum', { x: { shape: [5, 2, 3] } }, (x) => tf.gather(x, tf.tensor1d([4, 0, 4, 2], 'int32')), 'the gradient of gather'),

  sample('Slice', { x: image }, ({ x }) => ({ part: tf.slice(x!, [0, 2, 1, 1], [-1, 3, -1, 2]), rows: tf.slice(x!, 1, 1) })),
  sample('StridedSlice', { x: image }, ({ x }) => ({
    steps: tf.stridedSlice(x!, [0, 1, 0, 0], [2, 6, 6, 3], [1, 2, 3, 1]),
    backward: tf.stridedSlice(x!, [0, 6, 5, 0], [2, 1, -7, 3], [1, -2, -1, 1]),
    shrunk: tf.stridedSlice(x!, [1, 0], [2, 3], [1, 1], 0, 0, 0, 0, 1),
  })),
  sample('SplitV', { x: image }, ({ x }) => {
    const [a, b] = tf.split(x!, 2, 2) as [tf.Tensor, tf.Tensor];
    const [c, , d] = tf.split(x!, [2, 4, -1], 1) as [tf.Tensor, tf.Tensor, tf.Tensor];
    return { a, b, c, d };
  }),
  sample('Unpack', { x: image }, ({ x }) => {
    const [a, b, c] = tf.unstack(x!, 3) as [tf.Tensor, tf.Tensor, tf.Tensor];
    return { a, b: b.add(c) };
  }),

  sample('Fill', { x: vector }, ({ x }) => ({ sum: tf.fill([3, 4], 2.5).add(x!), alone: tf.fill([2, 3], 4, 'int32') })),
  sample('ZerosLike', { x: vector }, ({ x }) => ({ y: tf.maximum(x!, tf.zerosLike(x!)), z: tf.zerosLike(x!) })),
  sample('OnesLike', { x: vector }, ({ x }) => ({ y: tf.sub(tf.onesLike(x!), x!), s: tf.sum(tf.onesLike(x!), 0) })),
  sample('Range', { x: { shape: [4] } }, ({ x }) => ({ y: tf.range(1, 5).mul(x!), n: tf.range(0, 3, 1, 'int32'), down: tf.range(4, 0, -2) })),
  sample('LinSpace', { x: { shape: [5] } }, ({ x }) => tf.linspace(-1, 1, 5).mul(x!)),
  sample('OneHot', { i: { shape: [2, 3], dtype: 'int32', below: 4 } }, ({ i }) => ({
    plain: tf.oneHot(i!, 4),
    smooth: tf.oneHot(i!, 5, 0.9, 0.025, 'float32'),
  })),

  ...(
    [
      [2, 7, 6, 3],
      [5, 3],
    ] as const
  ).map((shape) =>
    sample(
      'FusedBatchNorm',
      { x: { shape }, m: { shape: [3] }, v: { shape: [3], low: 0.5, high: 2 }, o: { shape: [3] }, s: { shape: [3] } },
      ({ x, m, v, o, s }) => ({
        given: tf.batchNorm(x!, m as tf.Tensor1D, v as tf.Tensor1D, o, s, 1e-3),
        bare: tf.batchNorm(x!, m as tf.Tensor1D, v as tf.Tensor1D),
      }),
      `FusedBatchNorm of rank ${shape.length}`,
    ),
  ),
  grads(
    'FusedBatchNorm',
    { x: image, o: { shape: [3] }, s: { shape: [3] } },
    (x, o, s) => {
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      return tf.batchNorm(x, mean, variance, o, s, 1e-3);
    },
    'the gradient of batch normalisation with the statistics of the batch',
  ),

  ...[
    [false, false],
    [true, false],
    [false, true],
  ].flatMap(([align, half]) =>
    (
      [
        [11, 9],
        [4, 3],
      ] as [number, number][]
    ).flatMap((size) => [
      sample(
        'ResizeBilinear',
        { x: image },
        ({ x }) => tf.image.resizeBilinear(image4(x), size, align, half),
        `ResizeBilinear to ${size.join(' x ')}${align ? ' aligned to corners' : half ? ' at half pixels' : ''}`,
      ),
      sample(
        'ResizeNearestNeighbor',
        { x: image },
        ({ x }) => tf.image.resizeNearestNeighbor(image4(x), size, align, half),
        `ResizeNearestNeighbor to ${size.join(' x ')}${align ? ' aligned to corners' : half ? ' at half pixels' : ''}`,
      ),
    ]),
  ),
  // One square image: tfjs's gradients of resizing confuse height and width, or images of a batch.
  grads('ResizeBilinearGrad', { x: square }, (x) => tf.image.resizeBilinear(image4(x), [9, 9]), 'the gradient of resizeBilinear'),
  grads('ResizeNearestNeighborGrad', { x: square }, (x) => tf.image.resizeNearestNeighbor(image4(x), [12, 12]), 'the gradient of resizeNearestNeighbor'),

  sample('SpaceToBatchND', { x: { shape: [2, 7, 6, 3] } }, ({ x }) =>
    tf.spaceToBatchND(
      x!,
      [2, 3],
      [
        [0, 1],
        [1, 2],
      ],
    ),
  ),
  sample('BatchToSpaceND', { x: { shape: [12, 4, 3, 2] } }, ({ x }) =>
    tf.batchToSpaceND(
      x!,
      [2, 3],
      [
        [0, 1],
        [1, 2],
      ],
    ),
  ),
  sample(
    ['SpaceToBatchND', 'BatchToSpaceND'],
    { x: image },
    ({ x }) => {
      const apart = tf.spaceToBatchND(
        x!,
        [2, 2],
        [
          [2, 3],
          [2, 2],
        ],
      );
      return tf.batchToSpaceND(
        tf.mul(apart, 2),
        [2, 2],
        [
          [2, 3],
          [2, 2],
        ],
      );
    },
    'space to batch and back',
  ),
  sample('DepthToSpace', { x: { shape: [2, 3, 4, 12], layout: 'NCHW' } }, ({ x }) => tf.depthToSpace(image4(x), 2, 'NHWC')),
  sample('Einsum', { a: { shape: [2, 5, 3, 4] }, b: { shape: [2, 6, 3, 4] } }, ({ a, b }) => tf.einsum('bqhd,bkhd->bhqk', a!, b!)),
  sample('TopK', { x: vector }, ({ x }) => {
    const { values, indices } = tf.topk(x!, 2);
    return { values, indices };
  }),
  sample('GatherNd', { x: { shape: [3, 4, 2] }, i: { shape: [5, 2], dtype: 'int32', below: 3 } }, ({ x, i }) => tf.gatherND(x!, i!)),
  sample('Cumsum', { x: { shape: [3, 4, 2] } }, ({ x }) => ({ plain: tf.cumsum(x!, 1), other: tf.cumsum(x!, 2, true, true) })),
  sample('LRN', { x: image }, ({ x }) => tf.localResponseNormalization(image4(x), 1, 1.5, 0.3, 0.7)),
  sample(['IsNan', 'IsInf', 'IsFinite'], { x: vector }, ({ x }) => {
    const odd = tf.div(tf.relu(x!), tf.relu(tf.neg(x!)));
    const nothing = tf.sub(odd, odd);
    return { nan: tf.isNaN(nothing), infinite: tf.isInf(odd), finite: tf.isFinite(odd) };
  }),
];
