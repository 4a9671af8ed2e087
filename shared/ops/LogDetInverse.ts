/** @file robenc.LogDetInverse: log-determinant and inverse of a batch of symmetric positive definite matrices, by one unrolled sweep. */
import type { GraphBuilder } from '../graph/builder.js';
import { defineOp } from '../graph/operator.js';
import type { Node, Value } from '../graph/value.js';

/** (logdet [n], inverse [n,b,b]) of A [n,b,b];  dA = dlogdet · A⁻¹ (A is symmetric). */
export default defineOp({
  op: 'LogDetInverse',
  domain: 'robenc',
  infer: (context) => {
    const { dtype, shape } = context.type(0);
    if (shape.length !== 3 || typeof shape[1] !== 'number' || shape[1] !== shape[2]) throw new Error(`needs [n,b,b] with a fixed b, got [${shape.join(',')}]`);
    return [
      { dtype, shape: [shape[0]!] },
      { dtype, shape },
    ];
  },
  grad: (g, node, [dlogdet, dinverse]) => {
    if (dinverse) throw new Error('the inverse of LogDetInverse is not differentiable');
    const inverse = node.outputs[1]!;
    return [dlogdet ? g.mul(g.reshape(dlogdet, [inverse.type.shape[0]!, 1, 1]), inverse) : null];
  },
  lower: sweep,
});

/**
 * In-place Gauss-Jordan: for each pivot k, A ← A - (A[:,k] - e_k)(A[k,:] + e_k) / p leaves the inverse, and log p sums to the log-determinant.
 * A is first divided by the mean of its diagonal: without that the formula cancels where pivots are far above 1.
 */
function sweep(g: GraphBuilder, node: Node): readonly Value[] {
  const a = node.inputs[0]!;
  const [n, size] = [a.type.shape[0]!, Number(a.type.shape[1])];
  const identity = Float32Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
  const eye = g.cast(g.constant({ dtype: 'float32', shape: [size, size], data: identity }), a.type.dtype);
  const scale = g.mul(g.sum(g.mul(a, eye), [1, 2], true), g.scalarLike(1 / size, a));
  let matrix = g.div(a, scale);
  const pivots: Value[] = [];
  for (let k = 0; k < size; k++) {
    const at = (axis: number, v: Value): Value => g.node('Slice', [v, g.ints([k]), g.ints([k + 1]), g.ints([axis])]);
    const column = at(2, matrix);
    const row = at(1, matrix);
    const pivot = at(1, column);
    pivots.push(pivot);
    const unit = (shape: number[]): Value => g.reshape(at(0, eye), shape);
    const left = g.sub(column, unit([1, size, 1]));
    const right = g.div(g.add(row, unit([1, 1, size])), pivot);
    matrix = g.sub(matrix, g.mul(left, right));
  }
  const logs = g.node('Log', [pivots.length === 1 ? pivots[0]! : g.node('Concat', pivots, { axis: 1 })]);
  const scaleLog = g.mul(g.node('Log', [scale]), g.scalarLike(size, a));
  return [g.reshape(g.add(g.sum(logs, [1, 2], true), scaleLog), [n]), g.div(matrix, scale)];
}
