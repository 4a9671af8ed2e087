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
  known: (context) => {
    const list = context.known(0);
    if (context.attrs['to'] === 'bool') return list?.every((dim) => typeof dim === 'number') ? list.map((dim) => (dim === 0 ? 0 : 1)) : null;
    return list && (isFloat(context.attrs['to'] as DType) ? list : list.map((dim) => (typeof dim === 'number' ? Math.trunc(dim) : dim)));
  },
});
