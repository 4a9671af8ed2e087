/** @file Residual networks of basic blocks for small images: a 3x3 stem without pooling, stages, and the mean over positions. */
import * as tf from '@tensorflow/tfjs';
import { applyConvolution, initConvolution, type Context, type Initial } from './layers.js';

/** Stage s has `blocks` blocks of `widths[s]` channels; every stage but the first begins with stride 2. */
export interface Architecture {
  readonly widths: readonly number[];
  readonly blocks: number;
}

interface Block {
  readonly name: string;
  readonly from: number;
  readonly out: number;
  readonly stride: number;
}

const STEM = 'stem';

export function initResidual(to: Initial, architecture: Architecture): void {
  initConvolution(to, STEM, { from: 3, out: architecture.widths[0]!, size: 3 });
  for (const { name, from, out, stride } of blocksOf(architecture)) {
    initConvolution(to, `${name}.first`, { from, out, size: 3 });
    initConvolution(to, `${name}.second`, { from: out, out, size: 3 });
    if (stride !== 1 || from !== out) initConvolution(to, `${name}.shortcut`, { from, out, size: 1 });
  }
}

/** `x` [n, height, width, 3] to features [n, last width] (He et al. 2016, "Deep Residual Learning for Image Recognition", basic blocks). */
export function applyResidual(context: Context, architecture: Architecture, x: tf.Tensor4D): tf.Tensor2D {
  let y: tf.Tensor4D = tf.relu(applyConvolution(context, STEM, x, 1));
  for (const { name, from, out, stride } of blocksOf(architecture)) {
    const inner: tf.Tensor4D = tf.relu(applyConvolution(context, `${name}.first`, y, stride));
    const residual = applyConvolution(context, `${name}.second`, inner, 1);
    const shortcut = stride !== 1 || from !== out ? applyConvolution(context, `${name}.shortcut`, y, stride) : y;
    y = tf.relu(tf.add<tf.Tensor4D>(residual, shortcut));
  }
  return tf.mean(y, [1, 2]);
}

function blocksOf({ widths, blocks }: Architecture): Block[] {
  return widths.flatMap((out, stage) =>
    Array.from({ length: blocks }, (_, index) => ({
      name: `stage${stage + 1}.block${index + 1}`,
      from: index > 0 ? out : widths[Math.max(stage - 1, 0)]!,
      out,
      stride: index === 0 && stage > 0 ? 2 : 1,
    })),
  );
}
