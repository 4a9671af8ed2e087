/** @file What one sample of an operator says, and short words to say it with. */
import { floats, integers, type Attrs, type DType, type TensorData } from '@robenc/shared/graph/value.js';

/** How random elements are drawn, so that the sample stays away from kinks and poles. */
export type Draw = 'normal' | 'positive' | 'unit' | 'above-one' | 'distinct' | 'spd';

/** A float input with random elements, which is differentiated. `batch` stands for 2 when the sample runs. */
export interface Port {
  readonly shape: readonly (number | 'batch')[];
  readonly draw: Draw;
}

export type SampleInput = Port | TensorData | null;

export interface SampleOptions {
  readonly domain?: string;
  /** Outputs to ask for (1 by default). */
  readonly outputs?: number;
  /** Which of the random inputs are differentiated; all by default. */
  readonly wrt?: readonly number[];
  /** float32 where ONNX Runtime's CPU kernels have no float64 one. */
  readonly dtype?: 'float32' | 'float64';
  /** Length of the step of the finite difference: 1 suits operators that are linear in each input. */
  readonly step?: number;
  /** Relative; 1e-6 by default in float64 and 1e-4 in float32. */
  readonly tolerance?: number;
  /** The shapes of the outputs, where their sizes depend on elements: those inferred are then compared by rank alone. */
  readonly open?: readonly (readonly number[])[];
  /** Outputs that take part in the gradient; all floats by default. */
  readonly through?: readonly number[];
}

export interface Sample extends SampleOptions {
  readonly op: string;
  readonly inputs: readonly SampleInput[];
  readonly attrs: Attrs;
}

export function sample(op: string, inputs: readonly SampleInput[], attrs: Attrs = {}, options: SampleOptions = {}): Sample {
  return { op, inputs, attrs, ...options };
}

const port =
  (draw: Draw) =>
  (...shape: (number | 'batch')[]): Port => ({ shape, draw });

/** Standard normal numbers, at least 0.05 away from 0. */
export const normal = port('normal');
/** 0.2 to 2. */
export const positive = port('positive');
/** -0.9 to 0.9, at least 0.05 away from 0. */
export const unit = port('unit');
/** 1.2 to 3. */
export const aboveOne = port('above-one');
/** Numbers 0.1 apart in random order, around 0. */
export const distinct = port('distinct');
/** Symmetric positive definite matrices. */
export const spd = port('spd');

export const ints = (...list: number[]): TensorData => integers(list);
export const int = (value: number): TensorData => integers([value], []);
export const bools = (shape: readonly number[], ...list: number[]): TensorData => ({ dtype: 'bool', shape, data: Uint8Array.from(list) });
export const values = (list: readonly number[], shape?: readonly number[]): TensorData => floats(list, shape);
export const indices = (shape: readonly number[], ...list: number[]): TensorData => integers(list, shape);

export function isPort(input: SampleInput): input is Port {
  return input !== null && 'draw' in input;
}

/** A constant in the element type of the sample, where it is a float. */
export function inType(tensor: TensorData, dtype: DType): TensorData {
  return tensor.dtype === 'float32' && dtype === 'float64' ? { dtype, shape: tensor.shape, data: Float64Array.from(tensor.data as Float32Array) } : tensor;
}

/** `Gather [4,3] const[2] {axis: 1}` */
export function titleOf({ op, inputs, attrs, domain }: Sample): string {
  const operands = inputs.map((input) =>
    input === null
      ? '-'
      : isPort(input)
        ? `[${input.shape.join()}]`
        : `${input.dtype}${input.shape.length === 1 && input.data.length < 7 ? `(${Array.from(input.data as ArrayLike<number>).join()})` : `[${input.shape.join()}]`}`,
  );
  const settings = Object.entries(attrs).map(([name, value]) => `${name}=${typeof value === 'object' && 'dtype' in value ? value.dtype : String(value)}`);
  return [domain ? `${domain}.${op}` : op, ...operands, ...settings].join(' ');
}
