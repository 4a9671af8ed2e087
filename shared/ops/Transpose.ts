/** @file Transpose. */
import { defineOp } from '../graph/operator.js';

/** y = x with its axes in another order;  dx = dy with the inverse order */
export default defineOp({
  op: 'Transpose',
  infer: (context) => {
    const { dtype, shape } = context.type(0);
    const perm = permutation(context.attrs['perm'] as readonly number[] | undefined, shape.length);
    if (perm.length !== shape.length || new Set(perm).size !== perm.length) throw new Error(`perm [${perm.join(',')}] is not an order of ${shape.length} axes`);
    return [{ dtype, shape: perm.map((axis) => shape[axis]!) }];
  },
  grad: (g, node, [dy]) => {
    const perm = permutation(node.attrs['perm'] as readonly number[] | undefined, dy!.type.shape.length);
    return [
      g.transpose(
        dy!,
        perm.map((_, axis) => perm.indexOf(axis)),
      ),
    ];
  },
});

/** Without perm the axes are reversed. */
function permutation(perm: readonly number[] | undefined, rank: number): readonly number[] {
  return perm ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
}
