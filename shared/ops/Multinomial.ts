/** @file Multinomial. */
import { defineOp } from '../graph/operator.js';
import { numberAttr } from './attributes.js';

/** y [N, samples] = classes drawn with probabilities softmax(x), x [N, classes] */
export default defineOp({
  op: 'Multinomial',
  infer: (context) => {
    const { shape } = context.type(0);
    return [{ dtype: numberAttr(context.attrs, 'dtype', 6) === 7 ? 'int64' : 'int32', shape: [shape[0]!, numberAttr(context.attrs, 'sample_size', 1)] }];
  },
  grad: null,
  stochastic: true,
});
