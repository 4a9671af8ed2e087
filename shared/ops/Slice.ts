/** @file Slice. */
import { RobencError } from '../errors.js';
import { normalizeAxis } from '../graph/dim.js';
import type { GraphBuilder } from '../graph/builder.js';
import { defineOp, type InferContext } from '../graph/operator.js';
import { describeType, type Dim, type Node, type Value } from '../graph/value.js';
import { symbolFor } from './known.js';
import { shapeWith } from './movement.js';

/** What a slice takes of one axis: `count` elements from `first` in steps. null for an axis taken whole. */
interface Cut {
  readonly first: number;
  readonly step: number;
  readonly count: Dim;
}

/** y = x from starts to ends (exclusive, negative from the back, clamped) in steps;  dx = dy put back between zeros */
export default defineOp({
  op: 'Slice',
  infer: (context) => {
    const { dtype, shape } = context.type(0);
    const cuts = cutsOf(context);
    return [{ dtype, shape: shape.map((dim, i) => cuts[i]?.count ?? dim) }];
  },
  grad: (g, node, [dy]) => [unsliced(g, node, dy!), null, null, null, null],
  known: (context) => {
    const list = context.known(0);
    const cut = list && cutsOf(context)[0];
    if (!list || !cut) return list;
    return typeof cut.count === 'number' ? Array.from({ length: cut.count }, (_, i) => list[cut.first + i * cut.step]!) : null;
  },
});

function cutsOf(context: Pick<InferContext, 'inputs' | 'type' | 'known'>): (Cut | null)[] {
  const { shape } = context.type(0);
  const [starts, ends] = [context.known(1), context.known(2)];
  if (!starts || !ends) throw new Error('starts and ends must be known before the run');
  const axes = context.inputs[3] ? context.known(3) : starts.map((_, i) => i);
  const steps = context.inputs[4] ? context.known(4) : starts.map(() => 1);
  if (!axes || !steps) throw new Error('axes and steps must be known before the run');
  const cuts = new Array<Cut | null>(shape.length).fill(null);
  for (const [i, given] of axes.entries()) {
    const axis = normalizeAxis(Number(given), shape.length);
    cuts[axis] = cutOf(shape[axis]!, starts[i]!, ends[i]!, Number(steps[i]));
  }
  return cuts;
}

function cutOf(size: Dim, start: Dim, end: Dim, step: number): Cut | null {
  if (step === 0) throw new Error('a step of 0');
  if (typeof size === 'number' && typeof start === 'number' && typeof end === 'number') {
    const low = step > 0 ? 0 : -1;
    const high = step > 0 ? size : size - 1;
    const clamp = (x: number): number => Math.min(Math.max(x < 0 ? x + size : x, low), high);
    const first = clamp(start);
    const count = Math.max(0, Math.ceil((clamp(end) - first) / step));
    return first === 0 && step === 1 && count === size ? null : { first, step, count };
  }
  const wholeEnd = end === size || (typeof end === 'number' && end >= 2 ** 31 - 1);
  if (start === 0 && step === 1 && wholeEnd) return null;
  if ((start === -1 || (typeof start === 'number' && start >= 2 ** 31 - 1)) && step === -1 && typeof end === 'number' && end <= -(2 ** 31))
    return { first: NaN, step, count: size };
  return {
    first: typeof start === 'number' ? start : NaN,
    step,
    count: start === 0 && step === 1 && typeof end === 'string' ? end : symbolFor(`${size}[${start}:${end}:${step}]`),
  };
}

/** Backward steps are reversed, gaps between steps filled with zeros, and zeros put before and after. */
function unsliced(g: GraphBuilder, node: Node, dy: Value): Value {
  const x = node.inputs[0]!;
  const { shape } = x.type;
  const cuts = cutsOf({
    inputs: node.inputs.map((input) => input?.type ?? null),
    type: (i) => node.inputs[i]!.type,
    known: (i) => node.inputs[i]?.known ?? null,
  });
  let result = dy;
  const before = shape.map(() => 0);
  const after = shape.map(() => 0);
  for (const [axis, cut] of cuts.entries()) {
    if (!cut) continue;
    const size = shape[axis]!;
    if (cut.step < 0) result = reversed(g, result, axis);
    if (cut.count === size) continue;
    if (typeof size !== 'number' || typeof cut.count !== 'number')
      throw new RobencError(
        'unsupported',
        `The gradient of Slice "${node.name}" of ${describeType(x.type)}: the size of axis ${axis} is known only at run time.`,
      );
    const step = Math.abs(cut.step);
    const first = cut.step < 0 ? cut.first + (cut.count - 1) * cut.step : cut.first;
    result = spread(g, result, axis, step);
    before[axis] = first;
    after[axis] = size - first - cut.count * step;
  }
  return [...before, ...after].some((p) => p !== 0) ? g.node('Pad', [result, g.ints([...before, ...after]), g.scalarLike(0, dy)]) : result;
}

function reversed(g: GraphBuilder, x: Value, axis: number): Value {
  return g.node('Slice', [x, g.ints([-1]), g.ints([-(2 ** 31)]), g.ints([axis]), g.ints([-1])]);
}

/** step - 1 zeros after each element along an axis. */
function spread(g: GraphBuilder, x: Value, axis: number, step: number): Value {
  if (step === 1) return x;
  const pads = new Array<number>(2 * (x.type.shape.length + 1)).fill(0);
  pads[x.type.shape.length + 1 + axis + 1] = step - 1;
  const apart = g.node('Pad', [g.node('Unsqueeze', [x, g.ints([axis + 1])]), g.ints(pads), g.scalarLike(0, x)]);
  return g.node('Reshape', [apart, shapeWith(g, x, axis, g.ints([Number(x.type.shape[axis]) * step]))]);
}
