/** @file Arithmetic on sizes that may be symbols: a product of one integer and any number of symbols, such as `49*batch`. */
import { createHash } from 'node:crypto';
import type { Dim, Shape } from './value.js';

interface Product {
  readonly factor: number;
  readonly symbols: readonly string[];
}

function parse(dim: Dim): Product {
  if (typeof dim === 'number') return { factor: dim, symbols: [] };
  let factor = 1;
  const symbols: string[] = [];
  for (const part of dim.split('*')) {
    if (/^\d+$/.test(part)) factor *= Number(part);
    else symbols.push(part);
  }
  return { factor, symbols: symbols.sort() };
}

function format({ factor, symbols }: Product): Dim {
  if (symbols.length === 0 || factor === 0) return factor;
  const text = symbols.join('*');
  return `${factor === 1 ? '' : `${factor}*`}${text.length > LONGEST_SYMBOL ? shortSymbol(text) : text}`;
}

/** Arithmetic in a loop of squares would double a symbol at every step. */
const LONGEST_SYMBOL = 200;

/** One symbol in place of a long expression, the same whenever the expression is the same. */
export function shortSymbol(text: string): string {
  return text.length > LONGEST_SYMBOL ? `n${createHash('sha256').update(text).digest('hex').slice(0, 24)}` : text;
}

/** More axes than any model has; a short file could ask for any number of them again and again. */
const MOST_AXES = 64;

/** Throws a plain Error for a shape that no tensor has: negative or broken sizes, more elements than can be counted, axes without end. */
export function checkShape(shape: Shape): void {
  if (shape.length > MOST_AXES) throw new Error(`a tensor of ${shape.length} axes: robenc computes with up to ${MOST_AXES}`);
  let count = 1;
  for (const dim of shape) {
    if (typeof dim !== 'number') continue;
    if (!Number.isSafeInteger(dim) || dim < 0) throw new Error(`the size ${dim} in the shape [${shape.join(',')}] is impossible`);
    count *= Math.max(1, dim);
  }
  if (!Number.isSafeInteger(count)) throw new Error(`the shape [${shape.join(',')}] has more elements than can be counted`);
}

/** The product of two sizes. */
export function multiply(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a * b;
  const [x, y] = [parse(a), parse(b)];
  return format({ factor: x.factor * y.factor, symbols: [...x.symbols, ...y.symbols].sort() });
}

/** The exact quotient of two sizes, or null where it does not come out even. */
export function divide(a: Dim, b: Dim): Dim | null {
  const [x, y] = [parse(a), parse(b)];
  if (y.factor === 0 || x.factor % y.factor !== 0) return null;
  const symbols = [...x.symbols];
  for (const symbol of y.symbols) {
    const at = symbols.indexOf(symbol);
    if (at < 0) return null;
    symbols.splice(at, 1);
  }
  return format({ factor: x.factor / y.factor, symbols });
}

/** The number of elements of a shape. */
export function elements(shape: Shape): Dim {
  return shape.reduce<Dim>(multiply, 1);
}

export function isFixed(shape: Shape): shape is readonly number[] {
  return shape.every((dim) => typeof dim === 'number');
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

/** The size of two broadcast together (ONNX rules). A symbol yields to a number other than 1; two different symbols give null. */
export function broadcastDim(a: Dim, b: Dim): Dim | null {
  if (a === b || b === 1) return a;
  if (a === 1) return b;
  if (typeof a === 'string' && typeof b === 'number') return b;
  if (typeof b === 'string' && typeof a === 'number') return a;
  return null;
}

/** The shape of two tensors broadcast together, or null where they do not fit. */
export function broadcastShapes(a: Shape, b: Shape): Dim[] | null {
  const rank = Math.max(a.length, b.length);
  const result: Dim[] = [];
  for (let i = 0; i < rank; i++) {
    const dim = broadcastDim(a[a.length - rank + i] ?? 1, b[b.length - rank + i] ?? 1);
    if (dim === null) return null;
    result.push(dim);
  }
  return result;
}

/** An axis counted from the front. Throws a plain Error outside -rank..rank-1; callers add the operator's name. */
export function normalizeAxis(axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= Math.max(rank, 1)) throw new Error(`axis ${axis} is outside a tensor of rank ${rank}`);
  return axis < 0 ? axis + rank : axis;
}
