/** @file The blocks of a vision transformer: attention and a small network, each on normalised tokens and added to them. */
import * as tf from '@tensorflow/tfjs';
import { applyLinear, initWeights, type Context, type Initial } from './layers.js';

/** Of a token: how many values, how many heads look at them, and how wide the network behind is. */
export interface BlockSizes {
  readonly dim: number;
  readonly heads: number;
  readonly hidden: number;
}

const EPSILON = 1e-6;

/** Two norms and four linear maps; queries, keys and values come from one of them. */
export function initBlock(to: Initial, name: string, { dim, hidden }: BlockSizes): void {
  initLayerNorm(to, `${name}.norm1`, dim);
  initWeights(to, `${name}.queryKeyValue`, { from: dim, out: 3 * dim });
  initWeights(to, `${name}.mix`, { from: dim, out: dim });
  initLayerNorm(to, `${name}.norm2`, dim);
  initWeights(to, `${name}.widen`, { from: dim, out: hidden });
  initWeights(to, `${name}.narrow`, { from: hidden, out: dim });
}

/** `x` [n, tokens, dim] to the same shape (Dosovitskiy et al. 2021, "An Image is Worth 16x16 Words"; norms before, as there). */
export function applyBlock(context: Context, name: string, { dim, heads, hidden }: BlockSizes, x: tf.Tensor3D): tf.Tensor3D {
  const [n, tokens] = x.shape;
  const linear = (part: string, from: tf.Tensor, out: number): tf.Tensor3D =>
    tf.reshape(applyLinear(context, `${name}.${part}`, tf.reshape(from, [n * tokens, from.shape.at(-1)!])), [n, tokens, out]);
  const attended = attend(linear('queryKeyValue', layerNorm(context, `${name}.norm1`, x), 3 * dim), heads, dim);
  const mixed: tf.Tensor3D = tf.add(x, linear('mix', attended, dim));
  const widened = gelu(linear('widen', layerNorm(context, `${name}.norm2`, mixed), hidden));
  return tf.add(mixed, linear('narrow', widened, dim));
}

/** Scales of 1 and shifts of 0: at first it only normalises. */
export function initLayerNorm(to: Initial, name: string, dim: number): void {
  to.params[`${name}.scale`] = { shape: [dim], data: new Float32Array(dim).fill(1) };
  to.params[`${name}.shift`] = { shape: [dim], data: new Float32Array(dim) };
}

/** Every token by itself: (x - mean) / deviation · scale + shift. */
export function layerNorm({ params }: Context, name: string, x: tf.Tensor3D): tf.Tensor3D {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const deviation = tf.sqrt(tf.add(tf.mean(tf.square(centred), -1, true), EPSILON));
  return tf.add(tf.mul(tf.div(centred, deviation), params[`${name}.scale`]!), params[`${name}.shift`]!);
}

/** softmax(q kᵀ / √d) v for each head; `x` [n, tokens, 3 dim] holds queries, keys and values, each with its heads side by side. */
function attend(x: tf.Tensor3D, heads: number, dim: number): tf.Tensor3D {
  const [n, tokens] = x.shape;
  const size = dim / heads;
  const part = (index: number): tf.Tensor3D => {
    const values = tf.reshape(tf.slice(x, [0, 0, index * dim], [-1, -1, dim]), [n, tokens, heads, size]);
    return tf.reshape(tf.transpose(values, [0, 2, 1, 3]), [n * heads, tokens, size]);
  };
  const weights = tf.softmax(tf.mul(tf.matMul(part(0), part(1), false, true), 1 / Math.sqrt(size)));
  const mixed = tf.reshape(tf.matMul(weights as tf.Tensor3D, part(2)), [n, heads, tokens, size]);
  return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [n, tokens, dim]);
}

/** x Φ(x), Φ of the normal distribution (the exact form). */
function gelu(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
}
