/** @file Arithmetic, comparisons and logic on constants, element by element, with broadcasting. */
import type { DType, TensorData, TypedArray } from '../value.js';
import type { ConstantNode, Evaluator } from './evaluator.js';
import { broadcastStrides, emptyArray, places } from './strided.js';

const FLOATS: ReadonlySet<DType> = new Set(['float32', 'float64']);

/** The elements as numbers, or null where numbers would lose something: bit patterns of float16, and whole numbers beyond 2^53. */
function numbersIn({ dtype, data }: TensorData): ArrayLike<number> | null {
  if (dtype === 'float16') return null;
  if (!(data instanceof BigInt64Array)) return data;
  const numbers = Array.from(data, Number);
  return numbers.every(Number.isSafeInteger) ? numbers : null;
}

/** An array of the type with these elements; null where a whole number does not fit. */
function arrayOf(dtype: DType, length: number, at: (i: number) => number): TypedArray | null {
  if (dtype === 'float16') return null;
  const result = emptyArray(dtype, length);
  for (let i = 0; i < length; i++) {
    const value = at(i);
    if (result instanceof BigInt64Array) {
      if (!Number.isSafeInteger(value)) return null;
      result[i] = BigInt(value);
    } else {
      result[i] = value;
      if (!FLOATS.has(dtype) && result[i] !== value) return null;
    }
  }
  return result;
}

function unary(compute: (x: number) => number): Evaluator {
  return ({ inputs: [x], type }) => {
    const source = x ? numbersIn(x) : null;
    const data = source && arrayOf(type.dtype, source.length, (i) => compute(source[i]!));
    return data && { ...type, data };
  };
}

function broadcast(count: number, compute: (values: readonly number[], dtype: DType) => number): Evaluator {
  return ({ inputs, type }: ConstantNode) => {
    if (inputs.length !== count) return null;
    const sources = inputs.map((input) => input && numbersIn(input));
    if (sources.some((source) => source === null)) return null;
    const from = inputs.map((input) => places(type.shape, broadcastStrides(input!.shape, type.shape)));
    const dtype = inputs.at(-1)!.dtype;
    const data = arrayOf(type.dtype, from[0]!.length, (i) =>
      compute(
        sources.map((source, k) => source![from[k]![i]!]!),
        dtype,
      ),
    );
    return data && { ...type, data };
  };
}

const binary = (compute: (a: number, b: number, dtype: DType) => number): Evaluator => broadcast(2, ([a, b], dtype) => compute(a!, b!, dtype));
const compare = (holds: (a: number, b: number) => boolean): Evaluator => binary((a, b) => (holds(a, b) ? 1 : 0));

/** Float to whole number truncates; to bool asks whether it is zero. What does not fit is left to the runtime. */
const cast: Evaluator = ({ inputs: [x], type }) => {
  const source = x ? numbersIn(x) : null;
  if (!source) return null;
  const whole = !FLOATS.has(type.dtype);
  const data = arrayOf(type.dtype, source.length, (i) => (type.dtype === 'bool' ? (source[i] === 0 ? 0 : 1) : whole ? Math.trunc(source[i]!) : source[i]!));
  return data && { ...type, data };
};

/** y = x / n. Whole numbers are cut off towards zero; a division of theirs by zero is left to fail at run time. */
const divide = binary((a, b, dtype) => (FLOATS.has(dtype) ? a / b : Math.trunc(a / b)));

/** y = min(max(x, low), high), either end open. */
const clip: Evaluator = ({ inputs: [x, low, high], type }) => {
  const [source, least, most] = [x, low, high].map((input) => (input ? numbersIn(input) : null));
  if (!source || (low && !least) || (high && !most)) return null;
  const data = arrayOf(type.dtype, source.length, (i) => Math.min(Math.max(source[i]!, least?.[0] ?? -Infinity), most?.[0] ?? Infinity));
  return data && { ...type, data };
};

export const ELEMENTWISE: Readonly<Record<string, Evaluator>> = {
  Abs: unary(Math.abs),
  Neg: unary((x) => -x),
  Sqrt: unary(Math.sqrt),
  Reciprocal: unary((x) => 1 / x),
  Floor: unary(Math.floor),
  Ceil: unary(Math.ceil),
  Not: unary((x) => (x === 0 ? 1 : 0)),
  Cast: cast,
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: divide,
  Pow: binary((a, b) => a ** b),
  Max: binary((a, b) => Math.max(a, b)),
  Min: binary((a, b) => Math.min(a, b)),
  Clip: clip,
  Equal: compare((a, b) => a === b),
  Greater: compare((a, b) => a > b),
  GreaterOrEqual: compare((a, b) => a >= b),
  Less: compare((a, b) => a < b),
  LessOrEqual: compare((a, b) => a <= b),
  And: compare((a, b) => a !== 0 && b !== 0),
  Or: compare((a, b) => a !== 0 || b !== 0),
};
