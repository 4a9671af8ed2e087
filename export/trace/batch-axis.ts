/** @file The batch size as a symbol: the function runs at two sizes, and every size that differs between the runs becomes a multiple of it. */
import { RobencError } from '@robenc/shared/errors.js';
import { multiply } from '@robenc/shared/graph/dim.js';
import type { Dim, Shape } from '@robenc/shared/graph/value.js';

/** What one run did, step by step. */
export interface Step {
  /** The kernel, constant or composite. */
  readonly what: string;
  /** Its attributes and the shapes of its inputs. */
  readonly detail: unknown;
}

/** A detail with every number that depends on the batch size replaced by a symbolic size. */
export type Sized<T> = T extends number
  ? Dim
  : T extends readonly (infer E)[]
    ? readonly Sized<E>[]
    : T extends object
      ? { readonly [K in keyof T]: Sized<T[K]> }
      : T;

export class BatchAxis {
  /** What this run did so far. */
  readonly steps: Step[] = [];

  /**
   * @param symbol name of the batch size; null where all sizes are numbers
   * @param size the batch size that the function sees in this run
   * @param first an earlier run at another size, or null
   */
  constructor(
    readonly symbol: string | null,
    readonly size: number,
    private readonly first: BatchAxis | null = null,
  ) {}

  /** A size as the function sees it in this run. */
  numberOf(dim: Dim): number {
    return evaluate(dim, this.symbol, this.size);
  }

  /** The declared form of a shape in this run: numbers in the first run, symbols in the second. */
  declared(shape: Shape): Shape {
    return this.first || this.symbol === null ? shape : shape.map((dim) => this.numberOf(dim));
  }

  /** Notes a step and answers its detail with symbolic sizes. Throws where the two runs did different things. */
  step<T>(what: string, detail: T): Sized<T> {
    if (this.symbol === null) return detail as Sized<T>;
    const index = this.steps.push({ what, detail }) - 1;
    if (!this.first) return detail as Sized<T>;
    const before = this.first.steps[index];
    if (before?.what !== what) {
      const other = before ? before.what : 'nothing more';
      throw new RobencError(
        'unsupported',
        `Step ${index + 1} of the traced function is ${other} for a batch of ${this.first.size}, but ${what} for a batch of ${this.size}. Its operations must not depend on the batch size.`,
      );
    }
    return this.#merge(before.detail, detail, what) as Sized<T>;
  }

  /** Throws where this run made fewer steps than the first. */
  finish(): void {
    if (!this.first || this.first.steps.length === this.steps.length) return;
    throw new RobencError(
      'unsupported',
      `The traced function makes ${this.first.steps.length} steps for a batch of ${this.first.size}, but ${this.steps.length} for a batch of ${this.size}. Its operations must not depend on the batch size.`,
    );
  }

  #merge(a: unknown, b: unknown, what: string): unknown {
    if (Object.is(a, b)) return b;
    if (typeof a === 'number' && typeof b === 'number') return this.#derive(a, b, what);
    if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b) && sameElements(a as Float32Array, b as Float32Array)) return b;
    if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) return b.map((item, i) => this.#merge(a[i], item, what));
    if (isRecord(a) && isRecord(b)) return Object.fromEntries(Object.keys(b).map((key) => [key, this.#merge(a[key], b[key], `${key} of ${what}`)]));
    throw new RobencError(
      'unsupported',
      `${what} differs between a batch of ${this.first!.size} and one of ${this.size}. Values that depend on the batch size cannot be traced: use tf.mean, or trace with a fixed batch.`,
    );
  }

  #derive(a: number, b: number, what: string): Dim {
    const factor = b / this.size;
    if (Number.isInteger(factor) && a === factor * this.first!.size) return multiply(factor, this.symbol!);
    throw new RobencError(
      'unsupported',
      `${what} is ${a} for a batch of ${this.first!.size} and ${b} for one of ${this.size}: neither constant nor a multiple of the batch. Trace with a fixed batch, or write it without the batch size.`,
    );
  }
}

function sameElements(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((x, i) => Object.is(x, b[i]));
}

function isRecord(x: unknown): x is Record<string, unknown> {
  return typeof x === 'object' && x !== null && !Array.isArray(x) && !ArrayBuffer.isView(x);
}

/** A symbolic size as a number. Throws for symbols other than the given one. */
export function evaluate(dim: Dim, symbol: string | null, size: number): number {
  if (typeof dim === 'number') return dim;
  let product = 1;
  for (const part of dim.split('*')) {
    const factor = part === symbol ? size : Number(part);
    if (!Number.isInteger(factor))
      throw new RobencError('unsupported', `Size "${dim}" is not a multiple of the batch size${symbol ? ` "${symbol}"` : ''}. Trace with a fixed batch.`);
    product *= factor;
  }
  return product;
}

/** Two prime batch sizes that none of the given sizes is a multiple of. */
export function trialSizes(sizes: readonly number[]): [number, number] {
  const found: number[] = [];
  for (let n = 3; found.length < 2; n += 2) {
    const prime = Array.from({ length: n - 2 }, (_, i) => i + 2).every((d) => n % d !== 0);
    if (prime && sizes.every((size) => size % n !== 0)) found.push(n);
  }
  return [found[0]!, found[1]!];
}
