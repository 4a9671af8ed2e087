/** @file AffineGrid. */
import { RobencError } from '../errors.js';
import { defineOp } from '../graph/operator.js';
import type { Dim, Node } from '../graph/value.js';
import { numberAttr } from './attributes.js';

/** y [N, sizes…, axes] = theta [N, axes, axes + 1] applied to the coordinates (from -1 to 1, last axis first) of an image of the given size [N, C, sizes…] */
export default defineOp({
  op: 'AffineGrid',
  infer: (context) => {
    const { dtype, shape } = context.type(0);
    const size = context.known(1);
    if (!size) throw new Error('the size must be known before the run');
    return [{ dtype, shape: [shape[0]!, ...size.slice(2), size.length - 2] }];
  },
  grad: null,
  parts: (g, node) => {
    const theta = node.inputs[0]!;
    const sizes = node.outputs[0]!.type.shape.slice(1, -1);
    const axes = sizes.length;
    const data = coordinates(fixed(node, sizes), numberAttr(node.attrs, 'align_corners', 0) === 1);
    const base = g.cast(g.constant({ dtype: 'float64', shape: [data.length / (axes + 1), axes + 1], data }), theta.type.dtype);
    const points = g.node('MatMul', [base, g.transpose(theta, [0, 2, 1])]);
    return [g.node('Reshape', [points, g.ints([0, ...fixed(node, sizes), axes])])];
  },
});

function fixed(node: Node, sizes: readonly Dim[]): number[] {
  if (sizes.every((size) => typeof size === 'number')) return [...sizes];
  throw new RobencError('unsupported', `The gradient of AffineGrid "${node.name}" needs fixed sizes, got [${sizes.join(',')}].`);
}

/** Rows (last axis, …, first axis, 1), one for each place. */
function coordinates(sizes: readonly number[], align: boolean): Float64Array {
  const along = sizes.map((size) => Array.from({ length: size }, (_, i) => (align ? (size === 1 ? 0 : (2 * i) / (size - 1) - 1) : (2 * i + 1) / size - 1)));
  const rows = along.reduce<number[][]>((list, places) => list.flatMap((row) => places.map((place) => [place, ...row])), [[]]);
  return Float64Array.from(rows.flatMap((row) => [...row, 1]));
}
