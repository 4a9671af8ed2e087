/** @file NonMaxSuppression. */
import { defineOp } from '../graph/operator.js';

/** y int64 [n, 3] = image, class and box of those that are kept */
export default defineOp({
  op: 'NonMaxSuppression',
  infer: (context) => [{ dtype: 'int64', shape: [context.fresh('boxes'), 3] }],
  grad: null,
});
