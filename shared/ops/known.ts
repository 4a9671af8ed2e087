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

/** The sum of two sizes; one that is no product of symbols becomes a symbol of its own, spelled the same whenever the sum is the same. */
export function addDims(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (a === 0) return b;
  if (b === 0) return a;
  const [x, y] = [termOf(a), termOf(b)];
  if (x.symbols === y.symbols) return multiply(x.factor + y.factor, x.symbols);
  const parts = [a, b].map(String).sort();
  return symbolFor(parts.join('+'));
}

/** `3*batch` as 3 times `batch`. */
function termOf(dim: Dim): { factor: number; symbols: string } {
  const [, factor, symbols] = /^(?:(\d+)\*)?(.*)$/.exec(String(dim))!;
  return { factor: Number(factor ?? 1), symbols: symbols! };
}

/** A symbol that arithmetic on products takes as a whole. */
export function symbolFor(text: string): string {
  return `(${text.replaceAll('*', '·')})`;
}

export const addSizes = onSizes((a, b) =>
  a === 0 ? b : b === 0 ? a : typeof a === 'number' && typeof b === 'number' ? a + b : isNegative(a) || isNegative(b) ? null : addDims(a, b),
);
export const subtractSizes = onSizes((a, b) => (b === 0 ? a : a === b ? 0 : typeof a === 'number' && typeof b === 'number' ? a - b : null));
export const multiplySizes = onSizes((a, b) => ((isNegative(a) && typeof b === 'string') || (isNegative(b) && typeof a === 'string') ? null : multiply(a, b)));
/** Integer division rounds toward zero, as ONNX's Div does on integers. */
export const divideSizes = onSizes((a, b) =>
  typeof a === 'number' && typeof b === 'number' ? (b === 0 ? null : Math.trunc(a / b)) : isNegative(a) || isNegative(b) ? null : divide(a, b),
);

function isNegative(dim: Dim): boolean {
  return typeof dim === 'number' && dim < 0;
}
