/** @file Pooling over height and width, and its gradients. */
import * as tf from '@tensorflow/tfjs';
import { RobencError } from '@robenc/shared/errors.js';
import { gradient } from '@robenc/shared/autodiff/vjp.js';
import type { Value } from '@robenc/shared/graph/value.js';
import type { Kernel, KernelCall } from '../kernel.js';
import { padsOf } from './convolution.js';
import { CHANNELS_FIRST, traced, type Traced } from '../traced.js';

type Pad = Parameters<typeof tf.backend_util.computePool2DInfo>[4];
type Rounding = Parameters<typeof tf.backend_util.computePool2DInfo>[5];

/** Padding takes part in neither greatest nor average, as in tfjs. */
function pooled(call: KernelCall, op: string, x: Traced): { input: Value; output: Value } {
  const info = tf.backend_util.computePool2DInfo(
    call.context.numbersOf(x.shape) as [number, number, number, number],
    call.raw('filterSize') as number,
    call.raw('strides') as number,
    1,
    call.raw('pad') as Pad,
    call.raw('dimRoundingMode') as Rounding,
  );
  const input = call.context.laidOut(x, CHANNELS_FIRST);
  const output = call.g.node(op, [input], {
    kernel_shape: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    pads: padsOf(call, info.padInfo),
  });
  const sizes = call.context.numbersOf(output.type.shape.slice(2));
  if (sizes[0] !== info.outHeight || sizes[1] !== info.outWidth)
    throw new RobencError(
      'unsupported',
      `${call.name}: tfjs rounds the output to ${info.outHeight} x ${info.outWidth}, ONNX to ${sizes.join(' x ')}. Choose pads that divide evenly.`,
    );
  return { input, output };
}

function pool(name: string, op: string): Kernel {
  return { name, emit: (call) => traced(pooled(call, op, call.input('x')).output, CHANNELS_FIRST) };
}

/** The gradient of the pooling that was made for the same input (equal nodes are made once). */
function poolGradient(name: string, op: string): Kernel {
  return {
    name,
    emit: (call) => {
      const { input, output } = pooled(call, op, call.input('input'));
      const [dx] = gradient(call.g, [{ value: output, cotangent: call.context.laidOut(call.input('dy'), CHANNELS_FIRST) }], [input]);
      return traced(dx!, CHANNELS_FIRST);
    },
  };
}

export const pooling: readonly Kernel[] = [
  pool('MaxPool', 'MaxPool'),
  pool('AvgPool', 'AveragePool'),
  poolGradient('MaxPoolGrad', 'MaxPool'),
  poolGradient('AvgPoolGrad', 'AveragePool'),
];
