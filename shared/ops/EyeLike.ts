/** @file EyeLike. */
import { defineOp } from '../graph/operator.js';
import { typeAttr } from './attributes.js';

/** y = ones on a diagonal of a matrix as large as x;  dx = 0, as only its shape counts */
export default defineOp({
  op: 'EyeLike',
  infer: (context) => [{ dtype: typeAttr(context.attrs, context.type(0).dtype), shape: context.type(0).shape }],
  grad: () => [null],
  shapeOnly: true,
});
