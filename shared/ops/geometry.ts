/** @file The geometry that convolutions and poolings share: kernel, strides, dilations and pads, resolved to plain numbers. */
import { divide } from '../graph/dim.js';
import type { Attrs, Dim } from '../graph/value.js';

/** Spatial parameters, one entry per spatial axis. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly begin: readonly number[];
  readonly end: readonly number[];
}

/** Reads strides, dilations, pads and auto_pad. `sizes` are the spatial input sizes; only auto_pad SAME needs them to be numbers. */
export function windowOf(attrs: Attrs, kernel: readonly number[], sizes: readonly Dim[]): Window {
  const rank = kernel.length;
  const list = (name: string, fallback: number): readonly number[] =>
    (attrs[name] as readonly number[] | undefined) ?? Array.from({ length: rank }, () => fallback);
  const [strides, dilations, pads] = [
    list('strides', 1),
    list('dilations', 1),
    (attrs['pads'] as readonly number[] | undefined) ?? new Array<number>(2 * rank).fill(0),
  ];
  const auto = (attrs['auto_pad'] as string | undefined) ?? 'NOTSET';
  if (auto !== 'SAME_UPPER' && auto !== 'SAME_LOWER') {
    const none = auto === 'VALID';
    return { kernel, strides, dilations, begin: pads.slice(0, rank).map((p) => (none ? 0 : p)), end: pads.slice(rank).map((p) => (none ? 0 : p)) };
  }
  const totals = sizes.map((size, i) => {
    if (typeof size !== 'number') throw new Error(`auto_pad ${auto} needs fixed sizes, got [${sizes.join(',')}]`);
    const out = Math.ceil(size / strides[i]!);
    return Math.max(0, (out - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1 - size);
  });
  const small = totals.map((total) => Math.floor(total / 2));
  const large = totals.map((total, i) => total - small[i]!);
  return { kernel, strides, dilations, begin: auto === 'SAME_UPPER' ? small : large, end: auto === 'SAME_UPPER' ? large : small };
}

/** The size that a window leaves of one axis: floor((size + pads - reach) / stride) + 1. */
export function outputSize(size: Dim, window: Window, axis: number, ceil = false): Dim {
  const reach = (window.kernel[axis]! - 1) * window.dilations[axis]! + 1;
  const [begin, end, stride] = [window.begin[axis]!, window.end[axis]!, window.strides[axis]!];
  if (typeof size !== 'number') {
    const steps = divide(size, stride);
    // Sizes that the stride divides leave no rest: ⌊(s n + pads - reach) / s⌋ + 1 = n where the pads leave 0 < reach - pads ≤ s.
    if (steps !== null && reach > begin + end && reach - begin - end <= stride) return steps;
    return `(${size}+${begin + end - reach})/${stride}+1`;
  }
  const steps = (size + begin + end - reach) / stride;
  if (steps < 0) throw new Error(`a window of ${reach} does not fit into size ${size} with pads ${begin} and ${end}`);
  let out = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
  // ONNX: with ceil_mode the last window must start inside the input or its left padding.
  if (ceil && (out - 1) * stride >= size + begin) out--;
  return out;
}

/** The window's attributes, as ONNX writes them. */
export function windowAttrs(window: Window): Attrs {
  return { kernel_shape: window.kernel, strides: window.strides, dilations: window.dilations, pads: [...window.begin, ...window.end] };
}
