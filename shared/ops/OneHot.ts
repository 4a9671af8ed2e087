/** @file OneHot. */
import { defineOp } from '../graph/operator.js';
import { numberAttr } from './attributes.js';

/** y = values[1] where the new axis stands at the index, values[0] elsewhere */
export default defineOp({
  op: 'OneHot',
  infer: (context) => {
    const { shape } = context.type(0);
    const depth = context.known(1)?.[0] ?? context.numbers(1)[0]!;
    const axis = numberAttr(context.attrs, 'axis', -1);
    const at = axis < 0 ? axis + shape.length + 1 : axis;
    return [{ dtype: context.type(2).dtype, shape: [...shape.slice(0, at), depth, ...shape.slice(at)] }];
  },
  grad: null,
  blocks: 'its indices and on and off values are taken as constants',
});
