/** @file Pad. */
import { RobencError } from '../errors.js';
import { normalizeAxis } from '../graph/dim.js';
import type { GraphBuilder } from '../graph/builder.js';
import { defineOp } from '../graph/operator.js';
import type { Dim, Node, Value } from '../graph/value.js';
import { textAttr } from './attributes.js';
import { addDims, symbolFor } from './known.js';
import { scatterAdd, sizeAt } from './movement.js';

/** y = x with a border: a constant, or x's own edge, mirror image or other end;  dx = dy inside, plus what the border copied. Negative pads crop. */
export default defineOp({
  op: 'Pad',
  infer: (context) => {
    const { dtype, shape } = context.type(0);
    const { before, after } = spreadPads(context.numbers(1), context.inputs[3] ? context.numbers(3) : null, shape.length);
    const sizes = shape.map((dim, i): Dim => {
      const more = before[i]! + after[i]!;
      if (typeof dim === 'string') return more < 0 ? symbolFor(`${dim}${more}`) : addDims(dim, more);
      if (dim + more < 0) throw new Error(`pads ${before[i]} and ${after[i]} leave less than nothing of size ${dim}`);
      return dim + more;
    });
    return [{ dtype, shape: sizes }];
  },
  grad: (g, node, [dy], needs) => {
    const { before, after } = padsOf(node);
    const mode = textAttr(node.attrs, 'mode', 'constant');
    if (mode !== 'constant') return [unpadded(g, node, dy!, before, after, mode), null, null, null];
    const dx = g.node('Pad', [dy!, g.ints([...before, ...after].map((p) => -p)), g.scalarLike(0, dy!)]);
    return [dx, null, needs[2] ? g.reshape(g.sub(g.sum(dy!, null), g.sum(dx, null)), node.inputs[2]!.type.shape) : null, null];
  },
});

/** Pads at each axis; `axes` says which ones are given. */
function spreadPads(pads: readonly number[], axes: readonly number[] | null, rank: number): { before: number[]; after: number[] } {
  const given = axes ? axes.map((axis) => normalizeAxis(axis, rank)) : Array.from({ length: rank }, (_, i) => i);
  if (pads.length !== 2 * given.length) throw new Error(`${pads.length} pads for ${given.length} axes: there must be two for each`);
  const [before, after] = [new Array<number>(rank).fill(0), new Array<number>(rank).fill(0)];
  for (const [i, axis] of given.entries()) {
    before[axis] = pads[i]!;
    after[axis] = pads[given.length + i]!;
  }
  return { before, after };
}

function padsOf(node: Node): { before: number[]; after: number[] } {
  const axes = node.inputs[3]?.known?.map(Number) ?? null;
  return spreadPads(node.inputs[1]!.known!.map(Number), axes, node.inputs[0]!.type.shape.length);
}

/** Each padded axis is a picking of x's places: their cotangents are added up. */
function unpadded(g: GraphBuilder, node: Node, dy: Value, before: readonly number[], after: readonly number[], mode: string): Value {
  const x = node.inputs[0]!;
  let result = dy;
  for (const [axis, size] of x.type.shape.entries()) {
    if (before[axis] === 0 && after[axis] === 0) continue;
    if (typeof size !== 'number')
      throw new RobencError('unsupported', `The gradient of Pad "${node.name}" in mode ${mode}: size ${size} of axis ${axis} is known only at run time.`);
    const places = Array.from({ length: before[axis]! + size + after[axis]! }, (_, i) => source(i - before[axis]!, size, mode));
    result = scatterAdd(g, sizeAt(g, x, axis), axis, g.ints(places), result);
  }
  return result;
}

/** The place in 0..size-1 that a padded place copies. */
function source(place: number, size: number, mode: string): number {
  if (mode === 'edge') return Math.min(Math.max(place, 0), size - 1);
  if (mode === 'wrap') return ((place % size) + size) % size;
  const period = Math.max(1, 2 * (size - 1));
  const at = ((place % period) + period) % period;
  return at < size ? at : period - at;
}
