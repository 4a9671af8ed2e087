/** @file Shape arithmetic on sizes that are known before the run, number or symbol: what exporters compute with Shape, Gather, Mul and Concat. */
import { divide, multiply, shortSymbol } from '../graph/dim.js';
import type { InferContext, OpDef } from '../graph/operator.js';
import { isFloat, type DType, type Dim } from '../graph/value.js';

/** A rule on two sizes; `real` where they are floats, as exporters that scale sizes make them. null: not known. */
export type SizeRule = (a: Dim, b: Dim, real: boolean) => Dim | null;

/** Applies a rule to all inputs from left to right, element by element with broadcasting of scalars; null as soon as one result is not known. */
export function onSizes(rule: SizeRule): NonNullable<OpDef['known']> {
  return (context: InferContext) => {
    const { dtype } = context.type(0);
    let result = context.known(0);
    for (let input = 1; input < context.inputs.length; input++)
      result = combined(result, context.known(input), (a, b) => rounded(rule(a, b, isFloat(dtype)), dtype));
    return result;
  };
}

function combined(a: readonly Dim[] | null, b: readonly Dim[] | null, rule: (a: Dim, b: Dim) => Dim | null): readonly Dim[] | null {
  if (!a || !b || (a.length !== b.length && a.length !== 1 && b.length !== 1)) return null;
  const result: Dim[] = [];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const dim = rule(a[a.length === 1 ? 0 : i]!, b[b.length === 1 ? 0 : i]!);
    if (dim === null) return null;
    result.push(dim);
  }
  return result;
}

/** As the element type holds it. */
function rounded(dim: Dim | null, dtype: DType): Dim | null {
  return typeof dim === 'number' && dtype === 'float32' ? Math.fround(dim) : dim;
}

/** Applies a rule to each number; a size that is a symbol passes as it is (it is a whole number above 0) or is not known. */
export function onEachSize(rule: (x: number) => number, symbols: 'pass' | 'unknown'): NonNullable<OpDef['known']> {
  return (context) => {
    const list = context.known(0);
    if (!list || (symbols === 'unknown' && list.some((dim) => typeof dim === 'string'))) return null;
    return list.map((dim) => (typeof dim === 'number' ? rule(dim) : dim));
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
  return shortSymbol(`(${text.replaceAll('*', '·')})`);
}

export const addSizes = onSizes((a, b) => (typeof a === 'number' && typeof b === 'number' ? a + b : isCount(a) && isCount(b) ? addDims(a, b) : null));
export const subtractSizes = onSizes((a, b) => (b === 0 ? a : a === b ? 0 : typeof a === 'number' && typeof b === 'number' ? a - b : null));
export const multiplySizes = onSizes((a, b) => (typeof a === 'number' && typeof b === 'number' ? a * b : isCount(a) && isCount(b) ? multiply(a, b) : null));
/** On integers division rounds toward zero, as ONNX's Div does. */
export const divideSizes = onSizes((a, b, real) => {
  if (typeof a === 'number' && typeof b === 'number') return b === 0 ? null : real ? a / b : Math.trunc(a / b);
  return isCount(a) && isCount(b) ? divide(a, b) : null;
});
export const largerSize = onSizes((a, b) => (a === b ? a : typeof a === 'number' && typeof b === 'number' ? Math.max(a, b) : null));
export const smallerSize = onSizes((a, b) => (a === b ? a : typeof a === 'number' && typeof b === 'number' ? Math.min(a, b) : null));
/** Of two sizes, whether the first compares so with the second, as 1 or 0; a size that is a symbol is at least 1. */
export function compareSizes(compare: (a: number, b: number) => boolean): NonNullable<OpDef['known']> {
  return onSizes((a, b) => {
    if (typeof a === 'number' && typeof b === 'number') return compare(a, b) ? 1 : 0;
    if (a === b) return compare(0, 0) ? 1 : 0;
    if (typeof a === 'number' && a < 1) return compare(0, 1) ? 1 : 0;
    return typeof b === 'number' && b < 1 ? (compare(1, 0) ? 1 : 0) : null;
  });
}

/** A symbol, or a whole number that is not negative: what products of symbols are made of. */
function isCount(dim: Dim): boolean {
  return typeof dim === 'string' || (Number.isInteger(dim) && dim >= 0);
}
