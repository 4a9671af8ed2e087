/** @file Arithmetic on quantised numbers: taken apart into floats between DequantizeLinear and QuantizeLinear, through which the gradient goes. */
import type { GraphBuilder } from '../builder.js';
import { emit, input, numberOf, optional, refuse, without, type ImportedNode, type Upgrade } from '../imported.js';
import { DATA_TYPE, dtypeName } from '../../proto/dtypes.js';
import { NARROW_RANGES, narrowType } from '../../proto/narrow.js';
import { normalizeAxis } from '../dim.js';
import { isFloat, type Attrs, type DType, type Value } from '../value.js';
import { summed } from './activations.js';
import { channelsFirst } from './products.js';

/** x, scale and zero point that begin at input `i`, as floats. `axis` is that of scales for each channel. */
function opened(g: GraphBuilder, node: ImportedNode, i: number, axis?: number): Value {
  return floated(g, input(node, i), input(node, i + 1), optional(node, i + 2), axis);
}

function floated(g: GraphBuilder, x: Value, scale: Value, zero: Value | null, axis?: number): Value {
  return g.node('DequantizeLinear', [x, scale, zero], axis === undefined ? {} : { axis });
}

/** The result quantised again, with scale and zero point that begin at input `i`. */
function closed(g: GraphBuilder, node: ImportedNode, y: Value, i: number): readonly Value[] {
  return emit(g, node, { op: 'QuantizeLinear', domain: '', inputs: [y, input(node, i), optional(node, i + 1)], attrs: {} });
}

/** A bias of whole numbers is in steps of the product of both scales. */
function biasOf(g: GraphBuilder, bias: Value | null, x: Value, w: Value): Value | null {
  return bias && floated(g, bias, g.mul(x, w), null, 0);
}

function imageWise(g: GraphBuilder, node: ImportedNode, x: Value, compute: (x: Value) => Value): Value {
  return numberOf(node, 'channels_last', 0) === 1 ? channelsFirst(g, x, compute) : compute(x);
}

/** Inputs: x, w and y with scale and zero point each (w's for each filter, or one), bias. */
const qLinearConv: Upgrade = (g, node) => {
  const attrs = without(node.attrs, 'channels_last');
  const bias = biasOf(g, optional(node, 8), input(node, 1), input(node, 4));
  const y = imageWise(g, node, opened(g, node, 0), (x) => g.node('Conv', [x, opened(g, node, 3, 0), bias], attrs));
  return closed(g, node, y, 6);
};

const qLinearMatMul: Upgrade = (g, node) => closed(g, node, g.node('MatMul', [opened(g, node, 0), opened(g, node, 3, -1)]), 6);

/** Inputs: a and b with scale and zero point each, c; y's scale and zero point where the result is quantised. */
const qGemm: Upgrade = (g, node) => {
  const trans = numberOf(node, 'transB', 0);
  const bias = biasOf(g, optional(node, 6), input(node, 1), input(node, 4));
  // alpha scales the bias as well.
  const attrs = { ...node.attrs, beta: numberOf(node, 'alpha', 1) };
  const y = g.node('Gemm', [opened(g, node, 0), opened(g, node, 3, trans === 1 ? 0 : 1), bias], attrs);
  return node.inputs[7] ? closed(g, node, y, 7) : [y];
};

/** a and b as floats of whole numbers: the products keep all their digits up to 2²⁴. Casts of the result to floats, which always follow, have nothing left to do. */
const integerProduct =
  (op: 'Conv' | 'MatMul'): Upgrade =>
  (g, node) => {
    const whole = (i: number, axis: number): Value => {
      const zero = optional(node, i + 2);
      const one = g.constant({ dtype: 'float32', shape: zero ? zero.type.shape.map(Number) : [], data: ones(zero) });
      return floated(g, input(node, i), one, zero, axis);
    };
    return emit(g, node, { op, domain: '', inputs: [whole(0, op === 'Conv' ? 1 : -2), whole(1, op === 'Conv' ? 0 : -1)] });
  };

function ones(like: Value | null): Float32Array {
  return new Float32Array(like ? like.type.shape.reduce<number>((product, dim) => product * Number(dim), 1) : 1).fill(1);
}

/** Inputs: a, b, their scales, their zero points, bias. */
const matMulIntegerToFloat: Upgrade = (g, node) => {
  const a = floated(g, input(node, 0), input(node, 2), optional(node, 4), -2);
  const b = floated(g, input(node, 1), input(node, 3), optional(node, 5), -1);
  return [summed(g, g.node('MatMul', [a, b]), optional(node, 6))];
};

/** a is quantised as it comes. Inputs: a, b, b's scale and zero point, bias. */
const dynamicQuantizeMatMul: Upgrade = (g, node) => {
  const [q, scale, zero] = g.nodeOutputs('DynamicQuantizeLinear', [input(node, 0)], {}, { outputs: 3 }) as [Value, Value, Value];
  const b = floated(g, input(node, 1), input(node, 2), optional(node, 3), -1);
  return [summed(g, g.node('MatMul', [floated(g, q, scale, zero), b]), optional(node, 4))];
};

const qLinearBinary =
  (op: string): Upgrade =>
  (g, node) =>
    closed(g, node, g.node(op, [opened(g, node, 0), opened(g, node, 3)]), 6);

const qLinearUnary =
  (op: string): Upgrade =>
  (g, node) =>
    closed(g, node, g.node(op, [opened(g, node, 0)], node.attrs), 3);

/** Before opset 13 the axes from `axis` on (1 by default) count as one. */
const qLinearSoftmax: Upgrade = (g, node) => {
  const x = opened(g, node, 0);
  const old = numberOf(node, 'opset', 13) < 13;
  const axis = numberOf(node, 'axis', old ? 1 : -1);
  if (!old) return closed(g, node, g.node('Softmax', [x], { axis }), 3);
  const rows = g.node('Softmax', [g.node('Flatten', [x], { axis })], { axis: -1 });
  return closed(g, node, g.node('Reshape', [rows, g.node('Shape', [x])]), 3);
};

const qLinearPool =
  (op: string): Upgrade =>
  (g, node) => {
    const attrs = without(node.attrs, 'channels_last');
    return closed(
      g,
      node,
      imageWise(g, node, opened(g, node, 0), (x) => g.node(op, [x], attrs)),
      3,
    );
  };

/** Inputs: y's scale and zero point, then x, scale and zero point of each part. */
const qLinearConcat: Upgrade = (g, node) => {
  const parts = Array.from({ length: (node.inputs.length - 2) / 3 }, (_, i) => opened(g, node, 2 + 3 * i));
  return closed(g, node, g.node('Concat', parts, node.attrs), 0);
};

const qLinearWhere: Upgrade = (g, node) => closed(g, node, g.node('Where', [input(node, 0), opened(g, node, 1), opened(g, node, 4)]), 7);

/** Types come from the zero point, or as the newer attribute says. To 8 bits the operator stays; other whole numbers are kept as floats. */
const quantize: Upgrade = (g, node) => {
  const [x, given, zero] = [input(node, 0), input(node, 1), optional(node, 2)];
  const code = numberOf(node, 'output_dtype', 0);
  if (isBlocked(node, given)) refuse(node, 'quantisation in blocks is not supported.');
  const scale = g.cast(given, x.type.dtype);
  const narrow = zero?.data?.stored ?? (zero ? null : narrowType(code));
  if (narrow) {
    const [low, high] = NARROW_RANGES[narrow];
    // Whole numbers of 16 bits do not fit into float16.
    const wide: DType = x.type.dtype === 'float16' ? 'float32' : x.type.dtype;
    const [real, step] = [g.cast(x, wide), laid(g, node, x, g.cast(given, wide))];
    const offset = zero ? laid(g, node, x, g.cast(zero, wide)) : g.scalarLike(0, real);
    return emit(g, node, { op: 'Levels', domain: 'robenc', inputs: [g.div(real, step), offset], attrs: { low, high } });
  }
  const typed = zero ?? (code === DATA_TYPE.int8 ? g.constant({ dtype: 'int8', shape: [], data: Int8Array.of(0) }) : null);
  if (!zero && ![0, DATA_TYPE.uint8, DATA_TYPE.int8].includes(code))
    refuse(node, `quantisation to ${dtypeName(code)} is not supported; int8, uint8, int16, uint16, int4 and uint4 are.`);
  return emit(g, node, { domain: '', inputs: [x, scale, typed], attrs: axisOf(node) });
};

const isBlocked = (node: ImportedNode, scale: Value): boolean => numberOf(node, 'block_size', 0) > 0 || scale.type.shape.length > 1;

function axisOf(node: ImportedNode): Attrs {
  return typeof node.attrs['axis'] === 'number' ? { axis: node.attrs['axis'] } : {};
}

/** y = (x - z) s; in blocks each scale serves `block_size` places along the axis. Whole numbers that are kept as int32 or floats are computed with as they are. */
const dequantize: Upgrade = (g, node) => {
  const [x, scale, zero] = [input(node, 0), input(node, 1), optional(node, 2)];
  const plain = !x.data?.stored && !zero?.data?.stored && !isFloat(x.type.dtype);
  const blocked = isBlocked(node, scale);
  if (plain && !blocked) return emit(g, node, { domain: '', attrs: axisOf(node) });
  const to: DType = scale.type.dtype === 'float16' ? 'float32' : scale.type.dtype;
  const size = numberOf(node, 'block_size', 0);
  const axis = numberOf(node, 'axis', 1);
  if (blocked && size <= 0) refuse(node, `a scale of rank ${scale.type.shape.length} without block_size.`);
  const spread = (v: Value): Value =>
    blocked ? repeated(g, v, axis < 0 ? axis + x.type.shape.length : axis, size, Number(x.type.shape.at(axis))) : laid(g, node, x, v);
  const whole = g.cast(x, to);
  return [g.cast(g.mul(zero ? g.sub(whole, spread(g.cast(zero, to))) : whole, spread(g.cast(scale, to))), scale.type.dtype)];
};

/** A scale or zero point, of the whole or one for each place along the axis, in a shape that broadcasts to x. */
function laid(g: GraphBuilder, node: ImportedNode, x: Value, list: Value): Value {
  const [count] = list.type.shape;
  if (count === undefined) return list;
  if (count === 1) return g.reshape(list, []);
  const rank = x.type.shape.length;
  const axis = normalizeAxis(numberOf(node, 'axis', 1), rank);
  return g.reshape(list, [count, ...new Array<number>(rank - axis - 1).fill(1)]);
}

/** Each place along an axis `times` times, up to `size` places in all. */
function repeated(g: GraphBuilder, x: Value, axis: number, times: number, size: number): Value {
  const places = Array.from({ length: size }, (_, i) => Math.floor(i / times));
  return g.node('Gather', [x, g.ints(places)], { axis });
}

export const quantizedFusions: Readonly<Record<string, Upgrade>> = {
  ConvInteger: integerProduct('Conv'),
  DequantizeLinear: dequantize,
  MatMulInteger: integerProduct('MatMul'),
  QLinearConv: qLinearConv,
  QLinearMatMul: qLinearMatMul,
  QuantizeLinear: quantize,
  'com.microsoft.DequantizeLinear': dequantize,
  'com.microsoft.DynamicQuantizeMatMul': dynamicQuantizeMatMul,
  'com.microsoft.MatMulIntegerToFloat': matMulIntegerToFloat,
  'com.microsoft.QGemm': qGemm,
  'com.microsoft.QLinearAdd': qLinearBinary('Add'),
  'com.microsoft.QLinearAveragePool': qLinearPool('AveragePool'),
  'com.microsoft.QLinearConcat': qLinearConcat,
  'com.microsoft.QLinearConv': qLinearConv,
  'com.microsoft.QLinearGlobalAveragePool': qLinearPool('GlobalAveragePool'),
  'com.microsoft.QLinearLeakyRelu': qLinearUnary('LeakyRelu'),
  'com.microsoft.QLinearMul': qLinearBinary('Mul'),
  'com.microsoft.QLinearSigmoid': qLinearUnary('Sigmoid'),
  'com.microsoft.QLinearSoftmax': qLinearSoftmax,
  'com.microsoft.QLinearWhere': qLinearWhere,
  'com.microsoft.QuantizeLinear': quantize,
};
