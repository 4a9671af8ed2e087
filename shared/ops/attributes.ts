/** @file Reading the attributes of a node, with ONNX's defaults. */
import { dtypeName, dtypeOf } from '../proto/dtypes.js';
import type { Attrs, DType } from '../graph/value.js';

export function numberAttr(attrs: Attrs, name: string, otherwise: number): number {
  const value = attrs[name];
  return typeof value === 'number' ? value : otherwise;
}

export function textAttr(attrs: Attrs, name: string, otherwise: string): string {
  const value = attrs[name];
  return typeof value === 'string' ? value : otherwise;
}

/** A list of numbers, or undefined where the attribute is absent. */
export function listAttr(attrs: Attrs, name: string): readonly number[] | undefined {
  const value = attrs[name];
  return Array.isArray(value) ? (value as readonly number[]) : undefined;
}

/** The element type that `dtype` names by ONNX's number. Throws for one that robenc does not compute with. */
export function typeAttr(attrs: Attrs, otherwise: DType): DType {
  const code = attrs['dtype'];
  const dtype = typeof code === 'number' ? dtypeOf(code) : otherwise;
  if (!dtype) throw new Error(`elements of ${dtypeName(Number(code))}`);
  return dtype;
}
