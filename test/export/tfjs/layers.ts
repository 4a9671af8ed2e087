/** @file One small model for every layer type of tf.layers that can hold images. */
import * as tf from '@tensorflow/tfjs';

type Apply = (x: tf.SymbolicTensor) => tf.SymbolicTensor;
const one =
  (layer: tf.layers.Layer): Apply =>
  (x) =>
    layer.apply(x) as tf.SymbolicTensor;
/** A merging layer over the image and a convolution of it. */
const two =
  (layer: tf.layers.Layer): Apply =>
  (x) =>
    layer.apply([x, tf.layers.conv2d({ filters: 3, kernelSize: 1 }).apply(x) as tf.SymbolicTensor]) as tf.SymbolicTensor;
const activation = (name: string): readonly [string, Apply] => [`activation ${name}`, one(tf.layers.activation({ activation: name as 'relu' }))];

/**
 * By title; the image is [n,8,6,3]. Left out: resizing, which tfjs itself cannot run inside of a model, and batch normalisation over other axes than the last,
 * which its plain JavaScript backend computes wrongly.
 */
export const imageLayers: readonly (readonly [string, Apply])[] = [
  ['conv2d', one(tf.layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' }))],
  ['conv2d dilated', one(tf.layers.conv2d({ filters: 4, kernelSize: 3, dilationRate: 2 }))],
  ['conv2dTranspose', one(tf.layers.conv2dTranspose({ filters: 4, kernelSize: 3, strides: 2, padding: 'same' }))],
  ['conv2dTranspose valid', one(tf.layers.conv2dTranspose({ filters: 2, kernelSize: [2, 3], strides: 2, padding: 'valid' }))],
  ['depthwiseConv2d', one(tf.layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: 'same', activation: 'relu' }))],
  ['separableConv2d', one(tf.layers.separableConv2d({ filters: 5, kernelSize: 3 }))],
  [
    'cropping2D',
    one(
      tf.layers.cropping2D({
        cropping: [
          [1, 2],
          [0, 1],
        ],
      }),
    ),
  ],
  [
    'zeroPadding2d',
    one(
      tf.layers.zeroPadding2d({
        padding: [
          [1, 2],
          [0, 1],
        ],
      }),
    ),
  ],
  ['upSampling2d', one(tf.layers.upSampling2d({ size: [2, 3] }))],
  ['upSampling2d bilinear', one(tf.layers.upSampling2d({ size: [2, 2], interpolation: 'bilinear' }))],
  ['averagePooling2d', one(tf.layers.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' }))],
  ['maxPooling2d', one(tf.layers.maxPooling2d({ poolSize: 2, padding: 'same' }))],
  ['globalAveragePooling2d', one(tf.layers.globalAveragePooling2d({}))],
  ['globalMaxPooling2d', one(tf.layers.globalMaxPooling2d({}))],
  ['batchNormalization', one(tf.layers.batchNormalization({ movingMeanInitializer: 'randomNormal', movingVarianceInitializer: 'randomUniform' }))],
  ['layerNormalization', one(tf.layers.layerNormalization({ gammaInitializer: 'randomNormal' }))],
  ['layerNormalization over axes', one(tf.layers.layerNormalization({ axis: [1, 2, 3] }))],
  ['flatten and dense', (x) => tf.layers.dense({ units: 5 }).apply(tf.layers.flatten().apply(x)) as tf.SymbolicTensor],
  ['dense on channels', one(tf.layers.dense({ units: 5, activation: 'tanh' }))],
  ['reshape', one(tf.layers.reshape({ targetShape: [16, -1] }))],
  ['permute', one(tf.layers.permute({ dims: [3, 1, 2] }))],
  ['repeatVector', (x) => tf.layers.repeatVector({ n: 3 }).apply(tf.layers.flatten().apply(x)) as tf.SymbolicTensor],
  ['dropout', one(tf.layers.dropout({ rate: 0.5 }))],
  ['spatialDropout1d', (x) => tf.layers.spatialDropout1d({ rate: 0.5 }).apply(tf.layers.reshape({ targetShape: [48, 3] }).apply(x)) as tf.SymbolicTensor],
  ['gaussianNoise', one(tf.layers.gaussianNoise({ stddev: 1 }))],
  ['gaussianDropout', one(tf.layers.gaussianDropout({ rate: 0.5 }))],
  ['alphaDropout', one(tf.layers.alphaDropout({ rate: 0.5 }))],
  ['masking', one(tf.layers.masking({ maskValue: 0 }))],
  ['elu', one(tf.layers.elu())],
  ['reLU', one(tf.layers.reLU({ maxValue: 1 }))],
  ['leakyReLU', one(tf.layers.leakyReLU({ alpha: 0.1 }))],
  ['prelu', one(tf.layers.prelu({ alphaInitializer: 'randomUniform' }))],
  ['prelu sharing axes', one(tf.layers.prelu({ alphaInitializer: 'randomUniform', sharedAxes: [1, 2] }))],
  ['softmax', one(tf.layers.softmax({ axis: 3 }))],
  ['thresholdedReLU', one(tf.layers.thresholdedReLU({ theta: 0.3 }))],
  ...['elu', 'hardSigmoid', 'linear', 'relu', 'relu6', 'selu', 'sigmoid', 'softmax', 'softplus', 'softsign', 'tanh', 'swish', 'mish', 'gelu', 'gelu_new'].map(
    activation,
  ),
  ['add', two(tf.layers.add())],
  ['average', two(tf.layers.average())],
  ['concatenate', two(tf.layers.concatenate())],
  ['concatenate on rows', two(tf.layers.concatenate({ axis: 1 }))],
  ['maximum', two(tf.layers.maximum())],
  ['minimum', two(tf.layers.minimum())],
  ['multiply', two(tf.layers.multiply())],
  [
    'dot',
    (x) => {
      const flat = tf.layers.reshape({ targetShape: [48, 3] }).apply(x) as tf.SymbolicTensor;
      return tf.layers.dot({ axes: [2, 2] }).apply([flat, flat]) as tf.SymbolicTensor;
    },
  ],
  ['rescaling', one(tf.layers.rescaling({ scale: 2, offset: -1 }))],
  [
    'timeDistributed',
    (x) => tf.layers.timeDistributed({ layer: tf.layers.dense({ units: 4 }) }).apply(tf.layers.reshape({ targetShape: [8, 18] }).apply(x)) as tf.SymbolicTensor,
  ],
  ['conv1d over rows', (x) => tf.layers.conv1d({ filters: 4, kernelSize: 3 }).apply(tf.layers.reshape({ targetShape: [8, 18] }).apply(x)) as tf.SymbolicTensor],
  ['maxPooling1d', (x) => tf.layers.maxPooling1d({ poolSize: 2 }).apply(tf.layers.reshape({ targetShape: [8, 18] }).apply(x)) as tf.SymbolicTensor],
  ['averagePooling1d', (x) => tf.layers.averagePooling1d({ poolSize: 2 }).apply(tf.layers.reshape({ targetShape: [8, 18] }).apply(x)) as tf.SymbolicTensor],
  ['globalAveragePooling1d', (x) => tf.layers.globalAveragePooling1d().apply(tf.layers.reshape({ targetShape: [8, 18] }).apply(x)) as tf.SymbolicTensor],
  ['globalMaxPooling1d', (x) => tf.layers.globalMaxPooling1d().apply(tf.layers.reshape({ targetShape: [8, 18] }).apply(x)) as tf.SymbolicTensor],
  ['simpleRNN over rows', (x) => tf.layers.simpleRNN({ units: 4 }).apply(tf.layers.reshape({ targetShape: [8, 18] }).apply(x)) as tf.SymbolicTensor],
  ['gru over rows', (x) => tf.layers.gru({ units: 4, returnSequences: true }).apply(tf.layers.reshape({ targetShape: [8, 18] }).apply(x)) as tf.SymbolicTensor],
  ['lstm over rows', (x) => tf.layers.lstm({ units: 4 }).apply(tf.layers.reshape({ targetShape: [8, 18] }).apply(x)) as tf.SymbolicTensor],
  [
    'bidirectional over rows',
    (x) =>
      tf.layers
        .bidirectional({ layer: tf.layers.lstm({ units: 2 }), mergeMode: 'concat' })
        .apply(tf.layers.reshape({ targetShape: [8, 18] }).apply(x)) as tf.SymbolicTensor,
  ],
  [
    'convLstm2d',
    (x) =>
      tf.layers
        .convLstm2d({ filters: 2, kernelSize: 3, padding: 'same' })
        .apply(tf.layers.reshape({ targetShape: [2, 4, 6, 3] }).apply(x)) as tf.SymbolicTensor,
  ],
];
