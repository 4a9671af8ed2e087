/** @file Cast; in the graph `to` is the name of the element type, written as ONNX's number. */
import { defineOp } from '../graph/operator.js';
import { isFloat, type DType } from '../graph/value.js';

/** y = x as another element type;  dx = dy cast back, between floats only */
export default defineOp({
  op: 'Cast',
  infer: (context) => [{ dtype: context.attrs['to'] as DType, shape: context.type(0).shape }],
  grad: (g, node, [dy]) => {
    const x = node.inputs[0]!;
    return [isFloat(x.type.dtype) ? g.cast(dy!, x.type.dtype) : null];
  },
  known: (context) => (isFloat(context.type(0).dtype) || isFloat(context.attrs['to'] as DType) ? null : context.known(0)),
});
