/** @file What poolings share: result shapes, and spreading a cotangent over the windows it came from. */
import { RobencError } from '../errors.js';
import type { GraphBuilder } from '../graph/builder.js';
import type { InferContext } from '../graph/operator.js';
import { describeType, type Node, type Type, type Value } from '../graph/value.js';
import { listAttr, numberAttr } from './attributes.js';
import { outputSize, windowOf, type Window } from './geometry.js';
import { reshapeLike } from './movement.js';

/** The result of sliding the node's window over x [N, C, sizes…]. */
export function pooledType(context: InferContext): Type {
  const { dtype, shape } = context.type(0);
  const kernel = listAttr(context.attrs, 'kernel_shape');
  if (kernel?.length !== shape.length - 2) throw new Error(`kernel_shape [${kernel?.join(',') ?? ''}] does not fit an input of rank ${shape.length}`);
  const window = windowOf(context.attrs, kernel, shape.slice(2));
  const ceil = numberAttr(context.attrs, 'ceil_mode', 0) === 1;
  return { dtype, shape: [...shape.slice(0, 2), ...shape.slice(2).map((size, i) => outputSize(size, window, i, ceil))] };
}

/** The window of a pooling node. */
export function poolingWindow(node: Node): Window {
  return windowOf(node.attrs, listAttr(node.attrs, 'kernel_shape')!, node.inputs[0]!.type.shape.slice(2));
}

/** The sizes of x or y after batch and channels. */
export function spatialSizes(node: Node, value: Value): number[] {
  return value.type.shape.slice(2).map((size) => {
    if (typeof size !== 'number')
      throw new RobencError('unsupported', `The gradient of ${node.op} "${node.name}" needs fixed image sizes, got ${describeType(value.type)}.`);
    return size;
  });
}

/** Adds each element of `dy` to every place of x that its window covered: all channels as images of one channel, through a ConvTranspose with ones. */
export function overWindows(g: GraphBuilder, node: Node, dy: Value): Value {
  const x = node.inputs[0]!;
  const window = poolingWindow(node);
  const [sizes, counts] = [spatialSizes(node, x), spatialSizes(node, dy)];
  const rank = sizes.length;
  const single = g.node('Reshape', [dy, g.ints([-1, 1, ...counts])]);
  const kernel = g.node('Expand', [g.scalarLike(1, dy), g.ints([1, 1, ...window.kernel])]);
  const spread = g.node('ConvTranspose', [single, kernel], { kernel_shape: window.kernel, strides: window.strides, dilations: window.dilations });
  const reached = spatialSizes(node, spread);
  const before = window.begin.map((pad) => -pad);
  const after = sizes.map((size, i) => size + window.begin[i]! - reached[i]!);
  const pads = [0, 0, ...before, 0, 0, ...after];
  const cut = pads.some((pad) => pad !== 0) && rank > 0 ? g.node('Pad', [spread, g.ints(pads), g.scalarLike(0, dy)]) : spread;
  return reshapeLike(g, cut, x);
}
