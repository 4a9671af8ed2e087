/** @file Resizing of images: linear in the image and separable, so two matrix products with constant matrices, whose gradient is exact. */
import type { Value } from '@robenc/shared/graph/value.js';
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

function sides(call: KernelCall, t: Traced): [number, number] {
  return [call.context.fixed(t.shape[1]!, 'The height of an image'), call.context.fixed(t.shape[2]!, 'The width of an image')];
}

function resize(name: string, nearest: boolean): Kernel[] {
  return [
    {
      name,
      emit: (call) => {
        const images = call.input('images');
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
