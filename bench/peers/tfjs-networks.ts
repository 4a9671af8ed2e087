/** @file A small U-Net and a small vision transformer, built with tf.layers; random weights. */
import * as tf from '@tensorflow/tfjs';

type Symbolic = tf.SymbolicTensor;
type Layer = tf.layers.Layer;
const on = (layer: Layer, ...inputs: Symbolic[]): Symbolic => layer.apply(inputs.length === 1 ? inputs[0]! : inputs) as Symbolic;

/** [size,size,3] → [size,size,2], sizes free with null; two levels, skips, upsampling by transposed convolution and by bilinear resizing. */
export function unet(size: number | null = 32): tf.LayersModel {
  const block = (x: Symbolic, filters: number): Symbolic => {
    const conv = on(tf.layers.conv2d({ filters, kernelSize: 3, padding: 'same', useBias: false }), x);
    return on(tf.layers.reLU(), on(tf.layers.batchNormalization({ movingVarianceInitializer: 'ones', betaInitializer: 'randomNormal' }), conv));
  };
  const image = tf.input({ shape: [size, size, 3] });
  const first = block(image, 8);
  const second = block(on(tf.layers.maxPooling2d({ poolSize: 2 }), first), 16);
  const bottom = block(on(tf.layers.averagePooling2d({ poolSize: 2 }), second), 32);
  const up = on(tf.layers.conv2dTranspose({ filters: 16, kernelSize: 2, strides: 2 }), bottom);
  const third = block(on(tf.layers.concatenate(), up, second), 16);
  const top = on(tf.layers.upSampling2d({ size: [2, 2], interpolation: 'bilinear' }), third);
  return tf.model({ inputs: image, outputs: on(tf.layers.conv2d({ filters: 2, kernelSize: 1 }), on(tf.layers.concatenate(), top, first)) });
}

/** [32,32,3] → 10 logits; patches of 4, two blocks of two heads. tf.layers has no attention, so its heads are dense layers, dots and a softmax. */
export function vit({ width = 24, heads = 2, depth = 2 } = {}): tf.LayersModel {
  const image = tf.input({ shape: [32, 32, 3] });
  const patches = on(tf.layers.conv2d({ filters: width, kernelSize: 4, strides: 4 }), image);
  let x = on(tf.layers.reshape({ targetShape: [64, width] }), patches);
  const size = width / heads;
  const head = (y: Symbolic): Symbolic => {
    const [q, k, v] = [0, 1, 2].map(() => on(tf.layers.dense({ units: size }), y)) as [Symbolic, Symbolic, Symbolic];
    const scores = on(tf.layers.rescaling({ scale: 1 / Math.sqrt(size) }), on(tf.layers.dot({ axes: [2, 2] }), q, k));
    return on(tf.layers.dot({ axes: [2, 1] }), on(tf.layers.softmax({ axis: -1 }), scores), v);
  };
  for (let i = 0; i < depth; i++) {
    const y = on(tf.layers.layerNormalization(), x);
    const joined = on(tf.layers.concatenate(), ...Array.from({ length: heads }, () => head(y)));
    x = on(tf.layers.add(), x, on(tf.layers.dense({ units: width }), joined));
    const z = on(tf.layers.dense({ units: 2 * width, activation: 'gelu' }), on(tf.layers.layerNormalization(), x));
    x = on(tf.layers.add(), x, on(tf.layers.dense({ units: width }), z));
  }
  return tf.model({ inputs: image, outputs: on(tf.layers.dense({ units: 10 }), on(tf.layers.globalAveragePooling1d(), x)) });
}
