/** @file Resizing of images: linear in the image and separable, so two matrix products with constant matrices, whose gradient is exact; of free sizes by Resize. */
import { RobencError } from '@robenc/shared/errors.js';
import { divide } from '@robenc/shared/graph/dim.js';
import type { Dim, Value } from '@robenc/shared/graph/value.js';
import type { Kernel, KernelCall } from '../kernel.js';
import { CHANNELS_FIRST, traced, type Traced } from '../traced.js';

interface Rule {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
  readonly nearest: boolean;
}

/** The matrix [out, in] of one axis, with tfjs's own arithmetic. */
function matrix(size: number, out: number, { alignCorners, halfPixelCenters, nearest }: Rule): Float32Array {
  const weights = new Float32Array(out * size);
  const ratio = alignCorners && out > 1 ? (size - 1) / (out - 1) : size / out;
  for (let i = 0; i < out; i++) {
    const add = (at: number, weight: number): void => void (weights[i * size + Math.min(size - 1, Math.max(0, at))]! += weight);
    if (nearest) {
      const source = ratio * (halfPixelCenters ? i + 0.5 : i);
      add(alignCorners ? Math.round(source) : Math.floor(source), 1);
    } else {
      const source = Math.max(0, halfPixelCenters ? ratio * (i + 0.5) - 0.5 : ratio * i);
      const floor = Math.floor(source);
      add(floor, 1 - (source - floor));
      if (source > floor) add(floor + 1, source - floor);
    }
  }
  return weights;
}

function rule(call: KernelCall, nearest: boolean): Rule {
  return { alignCorners: call.flag('alignCorners'), halfPixelCenters: call.flag('halfPixelCenters'), nearest };
}

/** Ay · image · Axᵀ for images of height x width and results of [height, width], or its transpose, which is the gradient. */
function applied(call: KernelCall, image: Traced, from: readonly [number, number], to: readonly [number, number], nearest: boolean, back: boolean): Traced {
  const { g } = call;
  const along = (axis: 0 | 1): Value =>
    g.constant({ dtype: 'float32', shape: [to[axis], from[axis]], data: matrix(from[axis], to[axis], rule(call, nearest)) });
  const turn = (m: Value): Value => g.transpose(m, [1, 0]);
  const x = call.context.laidOut(image, CHANNELS_FIRST);
  const [rows, columns] = [along(0), along(1)];
  const narrow = g.node('MatMul', [x, back ? columns : turn(columns)]);
  return traced(g.node('MatMul', [back ? turn(rows) : rows, narrow]), CHANNELS_FIRST);
}

/** By a constant factor along each axis, in the terms of ONNX's Resize. */
function scaled(call: KernelCall, images: Traced, target: readonly Dim[], nearest: boolean): Traced {
  const factors = target.map((to, axis) => factor(call, images.shape[axis + 1]!, to));
  const { alignCorners, halfPixelCenters } = rule(call, nearest);
  const scales = call.g.constant({ dtype: 'float32', shape: [4], data: Float32Array.of(1, 1, ...factors) });
  const attrs = {
    mode: nearest ? 'nearest' : 'linear',
    coordinate_transformation_mode: alignCorners ? 'align_corners' : halfPixelCenters ? 'half_pixel' : 'asymmetric',
    // ⌊r (i + ½)⌋ is r (i + ½) - ½ rounded, halves up.
    ...(nearest ? { nearest_mode: alignCorners || halfPixelCenters ? 'round_prefer_ceil' : 'floor' } : {}),
  };
  return traced(call.g.node('Resize', [call.context.laidOut(images, CHANNELS_FIRST), null, scales], attrs), CHANNELS_FIRST);
}

function factor(call: KernelCall, from: Dim, to: Dim): number {
  const [up, down] = [divide(to, from), divide(from, to)];
  if (typeof up === 'number') return up;
  if (typeof down === 'number') return 1 / down;
  throw new RobencError(
    'unsupported',
    `${call.name} from ${from} to ${to}: a free size can be enlarged or reduced by a whole factor only. Trace with fixed sizes.`,
  );
}

function sides(call: KernelCall, t: Traced): [number, number] {
  return [call.context.fixed(t.shape[1]!, 'The height of an image'), call.context.fixed(t.shape[2]!, 'The width of an image')];
}

function resize(name: string, nearest: boolean): Kernel[] {
  return [
    {
      name,
      emit: (call) => {
        const images = call.input('images');
        if ([images.shape[1], images.shape[2]].some((size) => typeof size === 'string')) return scaled(call, images, call.sizes('size'), nearest);
        return applied(call, images, sides(call, images), call.numbers('size') as [number, number], nearest, false);
      },
    },
    {
      name: `${name}Grad`,
      emit: (call) => {
        const dy = call.input('dy');
        return applied(call, dy, sides(call, call.input('images')), sides(call, dy), nearest, true);
      },
    },
  ];
}

export const resizing: readonly Kernel[] = [...resize('ResizeBilinear', false), ...resize('ResizeNearestNeighbor', true)];
