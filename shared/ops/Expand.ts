/** @file Expand. */
import { broadcastShapes } from '../graph/dim.js';
import { defineOp } from '../graph/operator.js';

/** y = x repeated along axes of size 1 to a shape;  dx = dy summed over them */
export default defineOp({
  op: 'Expand',
  infer: (context) => {
    const { dtype, shape } = context.type(0);
    const target = context.known(1);
    if (!target) throw new Error('the target shape must be known before the run');
    const joined = broadcastShapes(shape, target);
    if (!joined) throw new Error(`[${shape.join(',')}] does not expand to [${target.join(',')}]`);
    return [{ dtype, shape: joined }];
  },
  grad: (g, node, [dy]) => [g.unbroadcast(dy!, node.inputs[0]!.type.shape), null],
  known: (context) => {
    const [x, target] = [context.known(0), context.known(1)];
    if (!x || target?.length !== 1 || typeof target[0] !== 'number') return null;
    return x.length === 1 ? Array.from({ length: target[0] }, () => x[0]!) : x;
  },
});
