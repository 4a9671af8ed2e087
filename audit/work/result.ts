/** @file The result of one item: what became of each of its images at one stage. */
import { packFloats, unpackFloats } from './pack.js';

export interface RowResult {
  /** Index in the chunk. */
  readonly row: number;
  /** The prediction on the clean image; -1 for NaN. */
  readonly cleanPrediction: number;
  readonly lossBefore: number;
  /** Misclassified at a point that was confirmed; for a corruption: misclassified; for a certificate: none at this radius. */
  readonly broken: boolean;
  /** The attack called a point misclassified that did not stand when it was looked at again. */
  readonly refuted: boolean;
  readonly prediction: number;
  readonly lossAfter: number;
  /** z_label - max of the others on the clean image; only from the clean stage. */
  readonly margin: number | null;
  readonly brokenAt: { readonly query: number; readonly target: number | null } | null;
  readonly linf: number;
  readonly l2: number;
  readonly l1: number;
  readonly gradients: number;
  readonly queries: number;
  readonly zeroGradients: number;
  readonly nonFiniteGradients: number;
  /** The point rounded to whole levels; null where nothing was claimed. */
  readonly eightBit: { readonly broken: boolean; readonly prediction: number; readonly linf: number } | null;
  /** Of randomised smoothing: how many of the draws had the class. */
  readonly votes: { readonly hits: number; readonly draws: number; readonly radius: number | null } | null;
}

export interface ItemResult {
  readonly rows: readonly RowResult[];
  /** Size of one image. */
  readonly size: number;
  readonly seconds: number;
  /** The points of the broken images, in their order, one after the other. */
  readonly points: Float32Array;
}

export function packResult({ rows, size, seconds, points }: ItemResult): Uint8Array {
  return packFloats({ rows, size, seconds }, [points]);
}

/** `id`: the name of the item, for the error where its bytes were cut off. */
export function unpackResult(bytes: Uint8Array, id?: string): ItemResult {
  const { header, floats } = unpackFloats<Omit<ItemResult, 'points'>>(
    bytes,
    id === undefined ? 'a result of an audit' : `the result of an audit, state/items/${id}.bin`,
  );
  return { ...header, points: floats };
}

/** The adversarial point of a row, or null where it is not broken. */
export function pointOf({ rows, size, points }: ItemResult, row: number): Float32Array | null {
  const broken = rows.filter((one) => one.broken);
  const at = broken.findIndex((one) => one.row === row);
  return at < 0 ? null : points.subarray(at * size, (at + 1) * size);
}
