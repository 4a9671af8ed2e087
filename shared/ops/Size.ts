/** @file Size. */
import { elements } from '../graph/dim.js';
import { defineOp } from '../graph/operator.js';

/** y = how many elements x has */
export default defineOp({
  op: 'Size',
  infer: () => [{ dtype: 'int64', shape: [] }],
  grad: null,
  shapeOnly: true,
  known: (context) => [elements(context.type(0).shape)],
});
