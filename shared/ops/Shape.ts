/** @file Shape. */
import { defineOp, type InferContext } from '../graph/operator.js';
import type { Dim } from '../graph/value.js';
import { numberAttr } from './attributes.js';

/** y = the sizes of x, from axis `start` to before axis `end`, as an int64 list */
export default defineOp({
  op: 'Shape',
  infer: (context) => [{ dtype: 'int64', shape: [sizes(context).length] }],
  grad: null,
  shapeOnly: true,
  known: sizes,
});

function sizes(context: InferContext): readonly Dim[] {
  const { shape } = context.type(0);
  return shape.slice(numberAttr(context.attrs, 'start', 0), numberAttr(context.attrs, 'end', shape.length));
}
