/** @file robenc.Interleave: feature maps woven into one of a multiple of their size, zeros between where a map is missing. */
import type { GraphBuilder } from '../graph/builder.js';
import { sameShape } from '../graph/dim.js';
import { defineOp } from '../graph/operator.js';
import type { Attrs, Node, Value } from '../graph/value.js';
import { mayBeInfinite } from './finite.js';

export interface Weave {
  readonly stride: number;
  /** Where the maps go: map i has the places (stride · a + row, stride · b + column) with row · stride + column = phases[i], in ascending order. */
  readonly phases: readonly number[];
  /** Height and width of the result; places beyond are cut off. */
  readonly sizes: readonly [number, number];
  /** Among convolutions with constant filters: the result enters ONNX Runtime's blocked layout of channels, in which sums and products with theirs then stay. */
  readonly amongConvolutions: boolean;
}

/** Blocks have 8 or 16 channels, by the processor. */
const BLOCK = 16;

/** y[n, c, s a + r, s b + q] = x_i[n, c, a, b] for phases[i] = r s + q, and 0 for the phases that are not named;  dx_i = every s-th place of dy */
export default defineOp({
  op: 'Interleave',
  domain: 'robenc',
  infer: (context) => {
    const { dtype, shape } = context.type(0);
    const { stride, phases, sizes } = readWeave(context.attrs);
    if (shape.length !== 4 || phases.length !== context.inputs.length)
      throw new Error(`needs one phase for each map of rank 4: ${phases.length} for ${context.inputs.length}`);
    const places = shape.slice(2).map(Number);
    if (context.inputs.some((_, i) => !sameShape(context.type(i).shape, shape) || context.type(i).dtype !== dtype)) throw new Error('the maps differ in type');
    if (phases.some((phase, i) => phase <= (phases[i - 1] ?? -1) || phase >= stride ** 2))
      throw new Error(`phases must ascend below ${stride ** 2}, got [${phases.join(',')}]`);
    if (sizes.some((size, i) => size > places[i]! * stride))
      throw new Error(`maps of [${places.join(',')}] do not reach [${sizes.join(',')}] at stride ${stride}`);
    return [{ dtype, shape: [shape[0]!, shape[1]!, ...sizes] }];
  },
  grad: (g, node, [dy], needs) => {
    const { stride, phases } = readWeave(node.attrs);
    const [height, width] = node.inputs[0]!.type.shape.slice(2).map(Number) as [number, number];
    const [rows, columns] = node.outputs[0]!.type.shape.slice(2).map(Number) as [number, number];
    const whole = g.node('Pad', [dy!, g.ints([0, 0, 0, 0, 0, 0, height * stride - rows, width * stride - columns])], { mode: 'constant' });
    return phases.map((phase, i) => {
      if (!needs[i]) return null;
      const starts = [Math.floor(phase / stride), phase % stride];
      return g.node('Slice', [whole, g.ints(starts), g.ints([height * stride, width * stride]), g.ints([2, 3]), g.ints([stride, stride])]);
    });
  },
  addBefore,
  lower: (g, node) => {
    const weave = readWeave(node.attrs);
    const whole = woven(g, node.inputs as readonly Value[], weave);
    return [weave.amongConvolutions ? inBlocks(g, whole) : whole];
  },
});

export function interleave(g: GraphBuilder, maps: readonly Value[], weave: Weave): Value {
  return g.node('Interleave', maps, { ...weave, amongConvolutions: weave.amongConvolutions ? 1 : 0 }, { domain: 'robenc' });
}

/** Map by map, since weaving is a pass over memory; a map that one of them lacks is the other's. */
function addBefore(g: GraphBuilder, a: Node, b: Node): Value | null {
  const [one, other] = [readWeave(a.attrs), readWeave(b.attrs)];
  if (one.stride !== other.stride) return null;
  const phases = [...new Set([...one.phases, ...other.phases])].sort((p, q) => p - q);
  const maps = phases.map((phase) => {
    const [x, y] = [a.inputs[one.phases.indexOf(phase)], b.inputs[other.phases.indexOf(phase)]];
    return x && y ? g.add(x, y) : (x ?? y)!;
  });
  return interleave(g, maps, { ...one, phases, amongConvolutions: one.amongConvolutions && other.amongConvolutions });
}

function readWeave(attrs: Attrs): Weave {
  const { stride, phases, sizes, amongConvolutions } = attrs as unknown as Omit<Weave, 'amongConvolutions'> & { readonly amongConvolutions?: number };
  return { stride, phases, sizes, amongConvolutions: amongConvolutions === 1 };
}

/** One map alone is enlarged, each place to a square of which one corner is kept; several are joined as channels, which DepthToSpace spreads. */
function woven(g: GraphBuilder, maps: readonly Value[], { stride, phases, sizes }: Weave): Value {
  const [first] = maps as [Value];
  if (maps.length === 1) return spread(g, first, stride, phases[0]!, sizes);
  const zeros = (): Value => g.expand(g.scalarLike(0, first), first.type.shape, first);
  const all = Array.from({ length: stride ** 2 }, (_, phase) => maps[phases.indexOf(phase)] ?? zeros());
  return cut(g, g.node('DepthToSpace', [g.node('Concat', all, { axis: 1 })], { blocksize: stride, mode: 'DCR' }), sizes);
}

function spread(g: GraphBuilder, map: Value, stride: number, phase: number, sizes: readonly [number, number]): Value {
  const scales = g.constant({ dtype: 'float32', shape: [4], data: Float32Array.of(1, 1, stride, stride) });
  const squares = g.node('Resize', [map, null, scales], { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' });
  const [height, width] = sizes;
  const corner = (place: number): number =>
    Math.floor(place / width) % stride === Math.floor(phase / stride) && (place % width) % stride === phase % stride ? 1 : 0;
  const corners = g.constant({
    dtype: 'float32',
    shape: [1, 1, height, width],
    data: Float32Array.from({ length: height * width }, (_, place) => corner(place)),
  });
  const whole = cut(g, squares, sizes);
  // A product is faster than a choice, but 0 times infinity is not 0.
  return mayBeInfinite(whole) ? g.node('Where', [g.cast(corners, 'bool'), whole, g.scalarLike(0, whole)]) : g.mul(whole, g.cast(corners, map.type.dtype));
}

function cut(g: GraphBuilder, whole: Value, [height, width]: readonly [number, number]): Value {
  const [, , rows, columns] = whole.type.shape;
  return rows === height && columns === width ? whole : g.node('Slice', [whole, g.ints([0, 0]), g.ints([height, width]), g.ints([2, 3])]);
}

/** A depthwise convolution by ones copies; unlike what weaves, it is one of the operators to which ONNX Runtime gives blocks, and its result keeps them. */
function inBlocks(g: GraphBuilder, x: Value): Value {
  const channels = x.type.shape[1];
  if (x.type.dtype !== 'float32' || typeof channels !== 'number' || channels % BLOCK !== 0) return x;
  const ones = g.constant({ dtype: 'float32', shape: [channels, 1, 1, 1], data: new Float32Array(channels).fill(1) });
  return g.node('Conv', [x, ones], { kernel_shape: [1, 1], group: channels });
}
