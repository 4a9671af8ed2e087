/** @file Det. */
import { defineOp } from '../graph/operator.js';
import { floats, integers } from '../graph/value.js';
import { RobencError } from '../errors.js';

/** Larger matrices would need as many determinants as they have elements, of nearly their own size. */
const LARGEST = 16;

/** y = the determinants of matrices;  dx = dy times the cofactors: the signed determinants of what is left without a row and a column */
export default defineOp({
  op: 'Det',
  infer: (context) => {
    const { dtype, shape } = context.type(0);
    if (shape.length < 2 || shape.at(-1) !== shape.at(-2)) throw new Error('the last two axes must be those of square matrices');
    return [{ dtype, shape: shape.slice(0, -2) }];
  },
  grad: (g, node, [dy]) => {
    const x = node.inputs[0]!;
    const n = x.type.shape.at(-1)!;
    if (typeof n !== 'number' || n > LARGEST)
      throw new RobencError('unsupported', `Det "${node.name}": no gradient of matrices of size ${n}; up to ${LARGEST} there is.`);
    const wide = g.node('Unsqueeze', [dy!, g.ints([-2, -1])]);
    if (n === 1) return [wide];
    const others = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => j).filter((j) => j !== i));
    const places = others.flatMap((rows) => others.flatMap((columns) => rows.flatMap((row) => columns.map((column) => row * n + column))));
    const signs = Float32Array.from({ length: n * n }, (_, at) => ((Math.floor(at / n) + (at % n)) % 2 === 0 ? 1 : -1));
    const rank = x.type.shape.length;
    const elements = g.node('Reshape', [x, g.ints([...Array.from({ length: rank - 2 }, () => 0), n * n])]);
    const minors = g.node('Gather', [elements, g.constant(integers(places, [n, n, n - 1, n - 1]))], { axis: -1 });
    const cofactors = g.mul(g.node('Det', [minors]), g.cast(g.constant(floats(signs, [n, n])), x.type.dtype));
    return [g.mul(wide, cofactors)];
  },
});
