/** @file AveragePool. */
import type { GraphBuilder } from '../graph/builder.js';
import { defineOp } from '../graph/operator.js';
import type { Node, TensorData, Value } from '../graph/value.js';
import { numberAttr } from './attributes.js';
import { overWindows, pooledType, poolingWindow, spatialSizes } from './pooling.js';

/** y = the mean of each window, over its places inside x (and, with count_include_pad, inside the pads);  dx = dy / count over the window */
export default defineOp({
  op: 'AveragePool',
  infer: (context) => [pooledType(context)],
  grad: (g, node, [dy]) => [overWindows(g, node, g.div(dy!, counts(g, node)))],
});

/** How many places each mean is over: a scalar where it is the same for all, else one for each place of y. */
function counts(g: GraphBuilder, node: Node): Value {
  const x = node.inputs[0]!;
  const window = poolingWindow(node);
  const [sizes, outs] = [spatialSizes(node, x), spatialSizes(node, node.outputs[0]!)];
  const withPads = numberAttr(node.attrs, 'count_include_pad', 0) === 1;
  const along = sizes.map((size, axis) => {
    const [low, high] = withPads ? [-window.begin[axis]!, size + window.end[axis]!] : [0, size];
    return Array.from({ length: outs[axis]! }, (_, place) => {
      const first = place * window.strides[axis]! - window.begin[axis]!;
      return Array.from({ length: window.kernel[axis]! }, (_, tap) => first + tap * window.dilations[axis]!).filter((at) => at >= low && at < high).length;
    });
  });
  const all = along.reduce<number[]>((products, list) => products.flatMap((product) => list.map((count) => product * count)), [1]);
  if (all.every((count) => count === all[0])) return g.scalarLike(all[0]!, x);
  const tensor: TensorData = { dtype: 'float32', shape: outs, data: Float32Array.from(all) };
  return g.cast(g.constant(tensor), x.type.dtype);
}
