/** @file Residual networks: a stem, stages of blocks, and the mean over positions. */
import * as tf from '@tensorflow/tfjs';
import { maxPool } from '../tensors/max-pool.js';
import { applyConvolution, initConvolution, type Context, type Initial } from './layers.js';

/** Stage s has `blocks[s]` blocks of `widths[s]` channels; every stage but the first begins with stride 2. */
export interface Architecture {
  readonly widths: readonly number[];
  readonly blocks: readonly number[];
  /** `basic`: two 3x3 convolutions. `bottleneck`: 1x1, 3x3 and 1x1, whose result has four times the channels. */
  readonly block: 'basic' | 'bottleneck';
  /** `small`: 3x3, for images of 32 pixels or so. `large`: 7x7 with stride 2, then a maximum over 3x3 with stride 2. */
  readonly stem: 'small' | 'large';
}

interface Block {
  readonly name: string;
  readonly from: number;
  readonly width: number;
  readonly out: number;
  readonly stride: number;
}

const STEM = 'stem';

/** Channels of the features. */
export function featuresOf({ widths, block }: Architecture): number {
  return widths.at(-1)! * expansionOf(block);
}

/** The stem and every block; a shortcut has a 1x1 convolution only where its block changes size or channels. */
export function initResidual(to: Initial, architecture: Architecture): void {
  initConvolution(to, STEM, { from: 3, out: architecture.widths[0]!, size: architecture.stem === 'small' ? 3 : 7 });
  for (const { name, from, width, out, stride } of blocksOf(architecture)) {
    if (architecture.block === 'basic') {
      initConvolution(to, `${name}.first`, { from, out: width, size: 3 });
      initConvolution(to, `${name}.second`, { from: width, out: width, size: 3 });
    } else {
      initConvolution(to, `${name}.first`, { from, out: width, size: 1 });
      initConvolution(to, `${name}.second`, { from: width, out: width, size: 3 });
      initConvolution(to, `${name}.third`, { from: width, out, size: 1 });
    }
    if (stride !== 1 || from !== out) initConvolution(to, `${name}.shortcut`, { from, out, size: 1 });
  }
}

/**
 * `x` [n, height, width, 3] to features [n, channels] (He et al. 2016, "Deep Residual Learning for Image Recognition"). A bottleneck has its stride in
 * the 3x3 convolution, as torchvision's.
 */
export function applyResidual(context: Context, architecture: Architecture, x: tf.Tensor4D): tf.Tensor2D {
  let y: tf.Tensor4D = tf.relu(applyConvolution(context, STEM, x, architecture.stem === 'small' ? 1 : 2));
  if (architecture.stem === 'large') y = maxPool(y, 3, 2);
  for (const { name, from, out, stride } of blocksOf(architecture)) {
    const residual = architecture.block === 'basic' ? basic(context, name, y, stride) : bottleneck(context, name, y, stride);
    const shortcut = stride !== 1 || from !== out ? applyConvolution(context, `${name}.shortcut`, y, stride) : y;
    y = tf.relu(tf.add<tf.Tensor4D>(residual, shortcut));
  }
  return tf.mean(y, [1, 2]);
}

function basic(context: Context, name: string, x: tf.Tensor4D, stride: number): tf.Tensor4D {
  return applyConvolution(context, `${name}.second`, tf.relu(applyConvolution(context, `${name}.first`, x, stride)), 1);
}

function bottleneck(context: Context, name: string, x: tf.Tensor4D, stride: number): tf.Tensor4D {
  const narrow: tf.Tensor4D = tf.relu(applyConvolution(context, `${name}.first`, x, 1));
  const inner: tf.Tensor4D = tf.relu(applyConvolution(context, `${name}.second`, narrow, stride));
  return applyConvolution(context, `${name}.third`, inner, 1);
}

function blocksOf({ widths, blocks, block }: Architecture): Block[] {
  const expansion = expansionOf(block);
  let from = widths[0]!;
  return widths.flatMap((width, stage) =>
    Array.from({ length: blocks[stage]! }, (_, index) => {
      const made = { name: `stage${stage + 1}.block${index + 1}`, from, width, out: width * expansion, stride: index === 0 && stage > 0 ? 2 : 1 };
      from = made.out;
      return made;
    }),
  );
}

function expansionOf(block: Architecture['block']): number {
  return block === 'basic' ? 1 : 4;
}
