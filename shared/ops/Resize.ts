/** @file Resize. */
import { RobencError } from '../errors.js';
import { multiply, normalizeAxis } from '../graph/dim.js';
import type { GraphBuilder } from '../graph/builder.js';
import { defineOp, type InferContext } from '../graph/operator.js';
import { describeType, floats, numbersOf, type Dim, type Node, type Value } from '../graph/value.js';
import { listAttr, numberAttr, textAttr } from './attributes.js';
import { interpolationMatrix, type Interpolation } from './interpolation.js';
import { symbolFor } from './known.js';
import { transposed } from './MatMul.js';

/** y = x interpolated to another size, axis by axis: y = A x Bᵀ with sparse matrices;  dx = Aᵀ dy B. Inputs: x, roi, scales, sizes. */
export default defineOp({
  op: 'Resize',
  infer: (context) => {
    const { dtype, shape } = context.type(0);
    const { sizes } = target(context);
    return [{ dtype, shape: sizes.map((size, i) => size ?? shape[i]!) }];
  },
  grad: (g, node, [dy]) => {
    const x = node.inputs[0]!;
    const { sizes, scales } = target({
      attrs: node.attrs,
      inputs: node.inputs.map((input) => input?.type ?? null),
      type: (i) => node.inputs[i]!.type,
      known: (i) => node.inputs[i]?.known ?? null,
      numbers: (i) => (node.inputs[i]!.data ? numbersOf(node.inputs[i]!.data) : node.inputs[i]!.known!.map(Number)),
    });
    let result = dy!;
    for (const [axis, size] of sizes.entries()) {
      if (size === null || (size === x.type.shape[axis] && scales[axis] === 1 && !isCropped(node, axis))) continue;
      result = unresized(g, node, result, axis, scales[axis] ?? null);
    }
    return [result, null, null, null];
  },
});

type TargetContext = Pick<InferContext, 'attrs' | 'inputs' | 'type' | 'known' | 'numbers'>;

/** Per axis the size of y (null where it stays) and the scale (null where it follows from the sizes). */
function target(context: TargetContext): { sizes: (Dim | null)[]; scales: (number | null)[] } {
  const { shape } = context.type(0);
  const axes = (listAttr(context.attrs, 'axes') ?? shape.map((_, i) => i)).map((axis) => normalizeAxis(axis, shape.length));
  const sizes = new Array<Dim | null>(shape.length).fill(null);
  const scales = new Array<number | null>(shape.length).fill(1);
  const given = context.inputs[3] ? context.known(3) : null;
  if (context.inputs[3]) {
    if (!given) throw new Error('sizes must be known before the run');
    const from = axes.map((axis) => shape[axis]!);
    const factor = commonFactor(textAttr(context.attrs, 'keep_aspect_ratio_policy', 'stretch'), from, given);
    for (const [i, axis] of axes.entries()) {
      const [size, to] = [from[i]!, given[i]!];
      sizes[axis] = factor === null ? to : Math.round(Number(size) * factor);
      scales[axis] = factor ?? (size === to ? 1 : typeof size === 'number' && typeof to === 'number' ? to / size : null);
    }
    return { sizes, scales };
  }
  for (const [i, axis] of axes.entries()) {
    const scale = context.numbers(2)[i]!;
    const dim = shape[axis]!;
    scales[axis] = scale;
    sizes[axis] = typeof dim === 'number' ? Math.floor(dim * scale + 1e-6) : Number.isInteger(scale) ? multiply(dim, scale) : symbolFor(`${dim}x${scale}`);
  }
  return { sizes, scales };
}

/** The one scale of all axes under `keep_aspect_ratio_policy`: the least or the greatest of those that the sizes ask for; null where each axis has its own. */
function commonFactor(policy: string, from: readonly Dim[], to: readonly Dim[]): number | null {
  if (policy === 'stretch') return null;
  const factors = from.map((size, i) => Number(to[i]) / Number(size));
  if (factors.some(Number.isNaN)) throw new Error(`keep_aspect_ratio_policy ${policy} needs fixed sizes`);
  return policy === 'not_larger' ? Math.min(...factors) : Math.max(...factors);
}

/** Whether an axis that keeps its size is read in part all the same. */
function isCropped(node: Node, axis: number): boolean {
  const { region } = regionOf(node, axis);
  return region !== undefined && (region[0] !== 0 || region[1] !== 1);
}

/** The part of an axis that tf_crop_and_resize reads: starts of all axes, then their ends. */
function regionOf(node: Node, axis: number): Pick<Interpolation, 'region'> {
  if (textAttr(node.attrs, 'coordinate_transformation_mode', 'half_pixel') !== 'tf_crop_and_resize') return {};
  const data = node.inputs[1]?.data;
  if (!data) throw new RobencError('unsupported', `The gradient of Resize "${node.name}": its region must be a constant.`);
  const rank = node.inputs[0]!.type.shape.length;
  const axes = listAttr(node.attrs, 'axes')?.map((one) => normalizeAxis(one, rank)) ?? Array.from({ length: rank }, (_, i) => i);
  const list = numbersOf(data);
  const at = axes.indexOf(axis);
  return { region: [list[at]!, list[axes.length + at]!] };
}

/** One axis: dx = Aᵀ dy, with the axis second to last or last for the product. */
function unresized(g: GraphBuilder, node: Node, dy: Value, axis: number, scale: number | null): Value {
  const x = node.inputs[0]!;
  const [from, to] = [x.type.shape[axis], dy.type.shape[axis]];
  if (typeof from !== 'number' || typeof to !== 'number' || scale === null)
    throw new RobencError('unsupported', `The gradient of Resize "${node.name}" of ${describeType(x.type)} needs fixed sizes along axis ${axis}.`);
  const how: Interpolation = {
    mode: textAttr(node.attrs, 'mode', 'nearest') as Interpolation['mode'],
    coordinates: textAttr(node.attrs, 'coordinate_transformation_mode', 'half_pixel'),
    rounding: textAttr(node.attrs, 'nearest_mode', 'round_prefer_floor'),
    cubic: numberAttr(node.attrs, 'cubic_coeff_a', -0.75),
    excludeOutside: numberAttr(node.attrs, 'exclude_outside', 0) === 1,
    antialias: numberAttr(node.attrs, 'antialias', 0) === 1,
    ...regionOf(node, axis),
  };
  const matrix = interpolationMatrix(from, to, scale, how);
  const wide = dy.type.dtype === 'float64';
  const constant = g.cast(
    g.constant(wide ? { dtype: 'float64', shape: [to, from], data: matrix } : floats(Float32Array.from(matrix), [to, from])),
    dy.type.dtype,
  );
  const rank = dy.type.shape.length;
  if (axis === rank - 1) return g.node('MatMul', [dy, constant]);
  if (axis === rank - 2) return g.node('MatMul', [transposed(g, constant), dy]);
  const last = Array.from({ length: rank }, (_, i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i));
  return g.transpose(g.node('MatMul', [g.transpose(dy, last), constant]), last);
}
