/** @file Bernoulli. */
import { defineOp } from '../graph/operator.js';
import { typeAttr } from './attributes.js';

/** y = 1 with probability x, else 0 */
export default defineOp({
  op: 'Bernoulli',
  infer: (context) => [{ dtype: typeAttr(context.attrs, context.type(0).dtype), shape: context.type(0).shape }],
  grad: null,
  blocks: 'its result is random: 0 or 1 with a probability',
  stochastic: true,
});
