/** @file Identity. */
import { defineOp } from '../graph/operator.js';

/** y = x;  dx = dy */
export default defineOp({
  op: 'Identity',
  infer: (context) => [context.type(0)],
  grad: (_, __, [dy]) => [dy!],
  known: (context) => context.known(0),
});
