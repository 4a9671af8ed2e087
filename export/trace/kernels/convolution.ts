/** @file Convolutions and their gradients. Images go to the graph as [n, channels, height, width], filters as [out, in, height, width]. */
import * as tf from '@tensorflow/tfjs';
import { RobencError } from '@robenc/shared/errors.js';
import type { Attrs, Dim, Value } from '@robenc/shared/graph/value.js';
import type { Kernel, KernelCall } from '../kernel.js';
import { CHANNELS_FIRST, FILTERS_FIRST, inOrder, traced, type Traced } from '../traced.js';
import { finished } from './activation.js';

type Pad = Parameters<typeof tf.backend_util.computeConv2DInfo>[4];
type Rounding = Parameters<typeof tf.backend_util.computeConv2DInfo>[5];

interface Geometry {
  /** Of the ONNX operator. */
  readonly attrs: Attrs & { readonly group: number };
  /** Order of axes of images. */
  readonly layout: readonly number[];
  readonly info: tf.backend_util.Conv2DInfo;
}

/** Strides, pads and sizes as tfjs computes them, for an image and a filter shape as tfjs sees them. */
function geometry(call: KernelCall, image: readonly Dim[], filter: readonly Dim[], depthwise: boolean): Geometry {
  const first = call.text('dataFormat') === 'NCHW';
  const info = tf.backend_util.computeConv2DInfo(
    call.context.numbersOf(image) as [number, number, number, number],
    filter.map((dim) => call.context.fixed(dim, `The filter of ${call.name}`)) as [number, number, number, number],
    call.raw('strides') as number,
    (call.raw('dilations') as number | undefined) ?? 1,
    call.raw('pad') as Pad,
    call.raw('dimRoundingMode') as Rounding,
    depthwise,
    first ? 'channelsFirst' : 'channelsLast',
  );
  const [top, left, bottom, right] = padsOf(call, info.padInfo);
  return {
    attrs: {
      kernel_shape: [info.filterHeight, info.filterWidth],
      strides: [info.strideHeight, info.strideWidth],
      dilations: [info.dilationHeight, info.dilationWidth],
      pads: [top, left, bottom, right],
      group: depthwise ? info.inChannels : 1,
    },
    layout: first ? inOrder(4) : CHANNELS_FIRST,
    info,
  };
}

/** Pads as numbers. Throws where they depend on a free size: SAME pads do, unless the size is a multiple of the stride. */
export function padsOf(call: KernelCall, { top, left, bottom, right }: tf.backend_util.Conv2DInfo['padInfo']): [number, number, number, number] {
  const pads = call.context.free.step(`pads of ${call.name}`, [top, left, bottom, right] as const);
  return pads.map((pad) => call.context.fixed(pad, `A pad of ${call.name}`)) as [number, number, number, number];
}

/** The filter as Conv takes it. Depthwise filters [h, w, in, multiplier] become [in * multiplier, 1, h, w]. */
function filterOf(call: KernelCall, filter: Traced, depthwise: boolean): Value {
  if (!depthwise) return call.context.laidOut(filter, FILTERS_FIRST);
  const { context } = call;
  const [h, w, channels, multiplier] = filter.shape.map((dim) => context.fixed(dim, 'A filter')) as [number, number, number, number];
  return context.reshape(context.laidOut(filter, DEPTHWISE_FIRST), [channels * multiplier, 1, h, w]);
}

/** Filters [h, w, in, multiplier] lie as [in, multiplier, h, w]. */
const DEPTHWISE_FIRST: readonly number[] = [2, 3, 0, 1];

function convolve(depthwise: boolean) {
  return (call: KernelCall): Traced => {
    const [x, filter] = [call.input('x'), call.input('filter')];
    const { attrs, layout, info } = geometry(call, x.shape, filter.shape, depthwise);
    const y = traced(call.g.node('Conv', [call.context.laidOut(x, layout), filterOf(call, filter, depthwise)], attrs), layout);
    checkSizes(call, y, info);
    return y;
  };
}

/** Rounding modes of tfjs other than floor may ask for a size that ONNX's Conv does not give. */
function checkSizes(call: KernelCall, y: Traced, info: tf.backend_util.Conv2DInfo): void {
  const sizes = call.context.numbersOf(y.shape);
  if (sizes.some((size, i) => size !== info.outShape[i]))
    throw new RobencError(
      'unsupported',
      `${call.name}: tfjs rounds the output to [${info.outShape.join(',')}], ONNX to [${sizes.join(',')}]. Choose pads that divide evenly.`,
    );
}

/** dx: the transposed convolution of dy, padded at the far side to the size of x. Also conv2dTranspose itself. */
function inputGradient(depthwise: boolean) {
  return (call: KernelCall): Traced => {
    const [dy, filter] = [call.input('dy'), call.input('filter')];
    const { attrs, layout, info } = geometry(call, call.sizes('inputShape'), filter.shape, depthwise);
    const rest = (size: number, out: number, stride: number, reach: number, pads: number): number => size - ((out - 1) * stride + reach - pads);
    const { padInfo: pad } = info;
    const output_padding = call.context.free
      .step(`far pads of ${call.name}`, [
        rest(info.inHeight, info.outHeight, info.strideHeight, info.effectiveFilterHeight, pad.top + pad.bottom),
        rest(info.inWidth, info.outWidth, info.strideWidth, info.effectiveFilterWidth, pad.left + pad.right),
      ])
      .map((size) => call.context.fixed(size, `A far pad of ${call.name}`));
    return traced(call.g.node('ConvTranspose', [call.context.laidOut(dy, layout), filterOf(call, filter, depthwise)], { ...attrs, output_padding }), layout);
  };
}

/** dw, as the composite operator that is lowered to the fastest form. */
function filterGradient(depthwise: boolean) {
  return (call: KernelCall): Traced => {
    const [x, dy] = [call.input('x'), call.input('dy')];
    const shape = call.numbers('filterShape');
    const { attrs, layout } = geometry(call, x.shape, shape, depthwise);
    const dw = call.g.node('ConvWeightGrad', [call.context.laidOut(x, layout), call.context.laidOut(dy, layout)], attrs, { domain: 'robenc' });
    if (!depthwise) return traced(dw, FILTERS_FIRST);
    const [h, w, channels, multiplier] = shape as [number, number, number, number];
    return traced(call.g.reshape(dw, [channels, multiplier, h, w]), DEPTHWISE_FIRST);
  };
}

export const convolution: readonly Kernel[] = [
  { name: 'Conv2D', emit: convolve(false) },
  { name: 'DepthwiseConv2dNative', emit: convolve(true) },
  { name: 'FusedConv2D', emit: (call) => finished(call, convolve(false)(call)) },
  { name: 'FusedDepthwiseConv2D', emit: (call) => finished(call, convolve(true)(call)) },
  { name: 'Conv2DBackpropInput', emit: inputGradient(false) },
  { name: 'Conv2DBackpropFilter', emit: filterGradient(false) },
  { name: 'DepthwiseConv2dNativeBackpropInput', emit: inputGradient(true) },
  { name: 'DepthwiseConv2dNativeBackpropFilter', emit: filterGradient(true) },
];
