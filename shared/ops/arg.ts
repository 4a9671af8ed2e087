/** @file ArgMax and ArgMin. */
import { normalizeAxis } from '../graph/dim.js';
import { defineOp, type OpDef } from '../graph/operator.js';
import { numberAttr } from './attributes.js';

/** The index of an extremum along an axis, as int64. */
export function argument(op: 'ArgMax' | 'ArgMin'): OpDef {
  return defineOp({
    op,
    infer: (context) => {
      const { shape } = context.type(0);
      const axis = normalizeAxis(numberAttr(context.attrs, 'axis', 0), shape.length);
      const keep = numberAttr(context.attrs, 'keepdims', 1) === 1;
      return [{ dtype: 'int64', shape: shape.flatMap((dim, i) => (i === axis ? (keep ? [1] : []) : [dim])) }];
    },
    grad: null,
  });
}
