/** @file Shape arithmetic on sizes that are known before the run, number or symbol: what exporters compute with Shape, Gather, Mul and Concat. */
import { divide, multiply } from '../graph/dim.js';
import type { InferContext, OpDef } from '../graph/operator.js';
import type { Dim } from '../graph/value.js';

/** Applies a rule on sizes element by element with broadcasting of scalars; null as soon as one result is not known. */
export function onSizes(rule: (a: Dim, b: Dim) => Dim | null): NonNullable<OpDef['known']> {
  return (context: InferContext) => {
    const [a, b] = [context.known(0), context.known(1)];
    if (!a || !b || (a.length !== b.length && a.length !== 1 && b.length !== 1)) return null;
    const result: Dim[] = [];
    for (let i = 0; i < Math.max(a.length, b.length); i++) {
      const dim = rule(a[a.length === 1 ? 0 : i]!, b[b.length === 1 ? 0 : i]!);
      if (dim === null) return null;
      result.push(dim);
    }
    return result;
  };
}

export const addSizes = onSizes((a, b) => (a === 0 ? b : b === 0 ? a : typeof a === 'number' && typeof b === 'number' ? a + b : null));
export const subtractSizes = onSizes((a, b) => (b === 0 ? a : a === b ? 0 : typeof a === 'number' && typeof b === 'number' ? a - b : null));
export const multiplySizes = onSizes(multiply);
/** Integer division rounds toward zero, as ONNX's Div does on integers. */
export const divideSizes = onSizes((a, b) => (typeof a === 'number' && typeof b === 'number' ? (b === 0 ? null : Math.trunc(a / b)) : divide(a, b)));
