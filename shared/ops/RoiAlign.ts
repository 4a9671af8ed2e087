/** @file RoiAlign. */
import type { GraphBuilder } from '../graph/builder.js';
import { RobencError } from '../errors.js';
import { defineOp } from '../graph/operator.js';
import { floats, type Node, type Value } from '../graph/value.js';
import { numberAttr, textAttr } from './attributes.js';
import { component, imageSizes, linearTaps, pixelRows, weighted, type Tap } from './sampling.js';

/**
 * y [R, C, h, w]: each bin of a region (x1, y1, x2, y2) of an image is the mean, or the greatest, of x read at points spread evenly over it.
 * Inputs: x [N, C, H, W], regions [R, 4], the image of each. In mode max each of the four weighted pixels of a point counts for itself.
 */
export default defineOp({
  op: 'RoiAlign',
  infer: (context) => {
    const [x, rois] = [context.type(0), context.type(1)];
    return [
      { dtype: x.dtype, shape: [rois.shape[0]!, x.shape[1]!, numberAttr(context.attrs, 'output_height', 1), numberAttr(context.attrs, 'output_width', 1)] },
    ];
  },
  grad: null,
  parts: (g, node) => {
    const [x, rois, images] = node.inputs as [Value, Value, Value];
    const ratio = numberAttr(node.attrs, 'sampling_ratio', 0);
    if (ratio <= 0)
      throw new RobencError(
        'unsupported',
        `The gradient of RoiAlign "${node.name}": with sampling_ratio 0 the number of points depends on the regions. Export it with another one.`,
      );
    const [height, width] = [numberAttr(node.attrs, 'output_height', 1), numberAttr(node.attrs, 'output_width', 1)];
    const sizes = imageSizes(node, x) as [number, number];
    const regions = g.node('Unsqueeze', [rois, g.ints([1])]);
    const rows = coordinates(g, node, regions, 1, height, ratio);
    const columns = coordinates(g, node, regions, 0, width, ratio);
    // Points in the order bin row, bin column, point row, point column.
    const order = Array.from({ length: height * width * ratio * ratio }, (_, at) => {
      const [bin, point] = [Math.floor(at / (ratio * ratio)), at % (ratio * ratio)];
      return { row: Math.floor(bin / width) * ratio + Math.floor(point / ratio), column: (bin % width) * ratio + (point % ratio) };
    });
    const picked = (list: Value, places: number[]): Value => g.node('Gather', [list, g.ints(places)], { axis: 1 });
    const [y, z] = [
      picked(
        rows,
        order.map(({ row }) => row),
      ),
      picked(
        columns,
        order.map(({ column }) => column),
      ),
    ];
    const taps = [tapsOf(g, y, sizes[0]), tapsOf(g, z, sizes[1])];
    const image = g.node('Unsqueeze', [g.cast(images, 'int64'), g.ints([1])]);
    const terms = weighted(g, pixelRows(g, x), image, sizes, taps);
    const bins = (v: Value): Value => g.node('Reshape', [v, g.ints([0, height * width, ratio * ratio, Number(x.type.shape[1])])]);
    const result =
      textAttr(node.attrs, 'mode', 'avg') === 'max'
        ? g.node('ReduceMax', [bins(g.node('Max', terms)), g.ints([2])], { keepdims: 0 })
        : g.node('ReduceMean', [bins(terms.reduce(g.add)), g.ints([2])], { keepdims: 0 });
    return [g.node('Reshape', [g.transpose(result, [0, 2, 1]), g.ints([0, 0, height, width])])];
  },
});

/** The coordinates along one axis (0: x, 1: y) of all points of each region [R, bins · ratio]. */
function coordinates(g: GraphBuilder, node: Node, regions: Value, axis: number, bins: number, ratio: number): Value {
  const half = textAttr(node.attrs, 'coordinate_transformation_mode', 'half_pixel') === 'half_pixel';
  const c = (value: number): Value => g.scalarLike(value, regions);
  const scaled = (i: number): Value => {
    const edge = g.mul(component(g, regions, i), c(numberAttr(node.attrs, 'spatial_scale', 1)));
    return half ? g.sub(edge, c(0.5)) : edge;
  };
  const [start, end] = [scaled(axis), scaled(axis + 2)];
  const length = half ? g.sub(end, start) : g.node('Max', [g.sub(end, start), c(1)]);
  const places = g.cast(g.constant(floats(Array.from({ length: bins * ratio }, (_, i) => (i + 0.5) / (bins * ratio)))), regions.type.dtype);
  return g.add(start, g.mul(length, places));
}

/** Beyond one place outside the image there is nothing; between, its border is read. */
function tapsOf(g: GraphBuilder, at: Value, size: number): Tap[] {
  const c = (value: number): Value => g.scalarLike(value, at);
  const near = g.cast(g.node('And', [g.node('GreaterOrEqual', [at, c(-1)]), g.node('LessOrEqual', [at, c(size)])]), at.type.dtype);
  return linearTaps(g, g.node('Clip', [at, c(0), c(size - 1)]), size).map(({ place, weight }) => ({ place, weight: g.mul(weight, near) }));
}
