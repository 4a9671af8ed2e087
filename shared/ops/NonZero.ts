/** @file NonZero. */
import { defineOp } from '../graph/operator.js';

/** y int64 [rank, n] = the places where x is not 0, one row for each axis */
export default defineOp({
  op: 'NonZero',
  infer: (context) => [{ dtype: 'int64', shape: [Math.max(1, context.type(0).shape.length), context.fresh('nonzero')] }],
  grad: null,
});
