/** @file What quantisers share: scales and zero points laid along their axis, and the range of the whole numbers. */
import { normalizeAxis } from '../graph/dim.js';
import type { GraphBuilder } from '../graph/builder.js';
import type { InferContext } from '../graph/operator.js';
import type { DType, Node, Value } from '../graph/value.js';
import { numberAttr } from './attributes.js';

/** The least and greatest whole number of each type that floats are quantised to. */
export const RANGES: Readonly<Partial<Record<DType, readonly [number, number]>>> = { int8: [-128, 127], uint8: [0, 255] };

/** Scale and zero point belong to the whole tensor, or one each to the places along an axis. Throws where they do not fit x. */
export function checkScale(context: InferContext): void {
  const [x, scale] = [context.type(0), context.type(1)];
  if (scale.shape.length === 0 || (scale.shape.length === 1 && scale.shape[0] === 1)) return;
  const axis = normalizeAxis(numberAttr(context.attrs, 'axis', 1), x.shape.length);
  if (scale.shape.length !== 1) throw new Error(`a scale of shape [${scale.shape.join(',')}]: blocks are taken apart when a file is read`);
  if (typeof x.shape[axis] === 'number' && typeof scale.shape[0] === 'number' && x.shape[axis] !== scale.shape[0])
    throw new Error(`${scale.shape[0]} scales for size ${x.shape[axis]} of axis ${axis}`);
}

/** A scale or zero point in a shape that broadcasts to x. */
export function along(g: GraphBuilder, node: Node, list: Value): Value {
  const rank = node.inputs[0]!.type.shape.length;
  const { shape } = list.type;
  if (shape.length === 0) return list;
  if (shape[0] === 1) return g.reshape(list, []);
  const axis = normalizeAxis(numberAttr(node.attrs, 'axis', 1), rank);
  return g.node('Reshape', [list, g.ints(Array.from({ length: rank - axis }, (_, i) => (i === 0 ? -1 : 1)))]);
}
