/** @file Shifted copies of a feature map, made by a depthwise convolution with one-hot filters: one pass on all threads, where slices and joins run on one. */
import type { GraphBuilder } from '../graph/builder.js';
import type { Value } from '../graph/value.js';

export interface Shifts {
  /** Height and width of the window of shifts. */
  readonly kernel: readonly [number, number];
  readonly strides?: readonly number[];
  readonly dilations?: readonly number[];
  /** top, left, bottom, right */
  readonly pads: readonly number[];
  /** Taps in reverse order. */
  readonly reversed?: boolean;
}

/** x [N, C, H, W] → [N, C · taps, H', W']: channel c · taps + t is x seen through tap t of the window. */
export function shiftedViews(g: GraphBuilder, x: Value, { kernel, strides = [1, 1], dilations = [1, 1], pads, reversed = false }: Shifts): Value {
  const channels = Number(x.type.shape[1]);
  const taps = kernel[0] * kernel[1];
  const onehot = new Float32Array(channels * taps * taps);
  for (let c = 0; c < channels; c++) for (let t = 0; t < taps; t++) onehot[(c * taps + t) * taps + (reversed ? taps - 1 - t : t)] = 1;
  const filter = g.cast(g.constant({ dtype: 'float32', shape: [channels * taps, 1, ...kernel], data: onehot }), x.type.dtype);
  return g.node('Conv', [x, filter], { kernel_shape: kernel, strides, dilations, pads, group: channels });
}
