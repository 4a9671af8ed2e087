/** @file ConstantOfShape. */
import { defineOp } from '../graph/operator.js';
import { isFloat, numbersOf, type Attr, type TensorData } from '../graph/value.js';

/** y = one value everywhere, in a given shape; float32 0 where no value is given */
export default defineOp({
  op: 'ConstantOfShape',
  infer: (context) => {
    const shape = context.known(0);
    if (!shape) throw new Error('the shape must be known before the run');
    return [{ dtype: valueOf(context.attrs['value'])?.dtype ?? 'float32', shape }];
  },
  grad: null,
  known: (context) => {
    const value = valueOf(context.attrs['value']);
    const shape = context.known(0);
    if (!value || isFloat(value.dtype) || !shape || shape.length > 1) return null;
    const length = shape[0] ?? 1;
    return typeof length === 'number' ? Array.from({ length }, () => numbersOf(value)[0]!) : null;
  },
});

function valueOf(attr: Attr | undefined): TensorData | null {
  return typeof attr === 'object' && 'dtype' in attr ? attr : null;
}
