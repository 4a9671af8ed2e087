/** @file MaxRoiPool. */
import type { GraphBuilder } from '../graph/builder.js';
import { defineOp } from '../graph/operator.js';
import type { Value } from '../graph/value.js';
import { listAttr, numberAttr } from './attributes.js';
import { component, imageSizes } from './sampling.js';

/** y [R, C, h, w]: the greatest of x in each bin of the regions [R, 5] (image, x1, y1, x2, y2), rounded to whole places; 0 in an empty bin. No gradient to the regions. */
export default defineOp({
  op: 'MaxRoiPool',
  infer: (context) => {
    const [x, rois] = [context.type(0), context.type(1)];
    const pooled = listAttr(context.attrs, 'pooled_shape');
    if (pooled?.length !== 2) throw new Error('pooled_shape must have two sizes');
    return [{ dtype: x.dtype, shape: [rois.shape[0]!, x.shape[1]!, ...pooled] }];
  },
  grad: null,
  constantInputs: () => ({ 1: 'its regions are rounded to whole places, so that their derivative is 0 wherever it has one' }),
  parts: (g, node) => {
    const [x, rois] = node.inputs as [Value, Value];
    const [height, width] = imageSizes(node, x) as [number, number];
    const [rows, columns] = listAttr(node.attrs, 'pooled_shape') as readonly [number, number];
    const regions = g.node('Unsqueeze', [rois, g.ints([1])]);
    const edge = (i: number): Value => {
      const scaled = g.mul(component(g, regions, i), g.scalarLike(numberAttr(node.attrs, 'spatial_scale', 1), rois));
      return g.cast(g.cast(g.node('Floor', [g.add(scaled, g.scalarLike(0.5, rois))]), 'int64'), rois.type.dtype);
    };
    const images = g.cast(g.node('Squeeze', [component(g, regions, 0), g.ints([1])]), 'int64');
    const own = g.node('Gather', [x, images], { axis: 0 });
    const inColumns = binMask(g, edge(1), edge(3), columns, width);
    const inRows = binMask(g, edge(2), edge(4), rows, height);
    const least = g.scalarLike(-Infinity, x);
    // [R, C, H, w, W] to [R, C, H, w], then [R, C, w, h, H] to [R, C, w, h]
    const across = g.node('Where', [g.node('Unsqueeze', [inColumns, g.ints([1, 2])]), g.node('Unsqueeze', [own, g.ints([3])]), least]);
    const narrow = g.transpose(g.node('ReduceMax', [across, g.ints([4])], { keepdims: 0 }), [0, 1, 3, 2]);
    const down = g.node('Where', [g.node('Unsqueeze', [inRows, g.ints([1, 2])]), g.node('Unsqueeze', [narrow, g.ints([3])]), least]);
    const pooled = g.transpose(g.node('ReduceMax', [down, g.ints([4])], { keepdims: 0 }), [0, 1, 3, 2]);
    const empty = g.node('IsInf', [pooled], { detect_positive: 0 });
    return [g.node('Where', [empty, g.scalarLike(0, x), pooled])];
  },
});

/** bool [R, bins, size]: whether a place belongs to a bin of the region from `start` to `end` [R, 1]. */
function binMask(g: GraphBuilder, start: Value, end: Value, bins: number, size: number): Value {
  const c = (value: number): Value => g.scalarLike(value, start);
  const length = g.node('Max', [g.add(g.sub(end, start), c(1)), c(1)]);
  const list = (n: number): Value => g.cast(g.ints(Array.from({ length: n }, (_, i) => i)), start.type.dtype);
  const bin = g.div(length, c(bins));
  const first = g.add(start, g.node('Floor', [g.mul(list(bins), bin)]));
  const last = g.add(start, g.node('Ceil', [g.mul(g.add(list(bins), c(1)), bin)]));
  const wide = (v: Value): Value => g.node('Unsqueeze', [v, g.ints([2])]);
  return g.node('And', [g.node('LessOrEqual', [wide(first), list(size)]), g.node('Less', [list(size), wide(last)])]);
}
