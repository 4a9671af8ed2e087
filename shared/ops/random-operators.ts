/** @file Operators that draw random numbers, whose results depend on the shape of their input alone, or on no input at all. */
import { defineOp, type OpDef } from '../graph/operator.js';
import { listAttr, typeAttr } from './attributes.js';

/** Numbers in the shape that the attribute gives. */
export function randomOfShape(op: string): OpDef {
  return defineOp({
    op,
    infer: (context) => [{ dtype: typeAttr(context.attrs, 'float32'), shape: listAttr(context.attrs, 'shape') ?? [] }],
    grad: () => [],
    stochastic: true,
  });
}

/** Numbers in the shape of x;  dx = 0, as only its shape counts */
export function randomLike(op: string): OpDef {
  return defineOp({
    op,
    infer: (context) => [{ dtype: typeAttr(context.attrs, context.type(0).dtype), shape: context.type(0).shape }],
    grad: () => [null],
    shapeOnly: true,
    stochastic: true,
  });
}
