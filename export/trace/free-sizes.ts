/** @file Free sizes (batch, height, width) as symbols: the function runs at two sizes of each, and every size that differs between the runs becomes a multiple of their product. */
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

/** A detail with every number that depends on a free size replaced by a symbolic size. */
export type Sized<T> = T extends number
  ? Dim
  : T extends readonly (infer E)[]
    ? readonly Sized<E>[]
    : T extends object
      ? { readonly [K in keyof T]: Sized<T[K]> }
      : T;

/** Free sizes by their symbols, and what each is in one run. */
export type Trial = Readonly<Record<string, number>>;

export class FreeSizes {
  /** What this run did so far. */
  readonly steps: Step[] = [];

  /**
   * @param trial the sizes that the function sees in this run; none where all sizes are numbers
   * @param first an earlier run at other sizes, or null
   */
  constructor(
    readonly trial: Trial,
    private readonly first: FreeSizes | null = null,
  ) {}

  get symbols(): readonly string[] {
    return Object.keys(this.trial);
  }

  /** A size as the function sees it in this run. */
  numberOf(dim: Dim): number {
    return evaluate(dim, this.trial);
  }

  numbersOf(shape: Shape): number[] {
    return shape.map((dim) => this.numberOf(dim));
  }

  /** The declared form of a shape in this run: numbers in the first run, symbols in the second. */
  declared(shape: Shape): Shape {
    return this.first || this.symbols.length === 0 ? shape : shape.map((dim) => this.numberOf(dim));
  }

  /** Notes a step and answers its detail with symbolic sizes. Throws where the two runs did different things. */
  step<T>(what: string, detail: T): Sized<T> {
    if (this.symbols.length === 0) return detail as Sized<T>;
    const index = this.steps.push({ what, detail }) - 1;
    if (!this.first) return detail as Sized<T>;
    const before = this.first.steps[index];
    if (before?.what !== what) {
      const other = before ? before.what : 'nothing more';
      throw new RobencError(
        'unsupported',
        `Step ${index + 1} of the traced function is ${other} for ${this.first.title}, but ${what} for ${this.title}. Its operations must not depend on free sizes.`,
      );
    }
    return this.#merge(before.detail, detail, what) as Sized<T>;
  }

  /** Throws where this run made fewer steps than the first. */
  finish(): void {
    if (!this.first || this.first.steps.length === this.steps.length) return;
    throw new RobencError(
      'unsupported',
      `The traced function makes ${this.first.steps.length} steps for ${this.first.title}, but ${this.steps.length} for ${this.title}. Its operations must not depend on free sizes.`,
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
      `${what} differs between ${this.first!.title} and ${this.title}. Values that depend on a free size cannot be traced: use tf.mean, or trace with fixed sizes.`,
    );
  }

  #derive(a: number, b: number, what: string): Dim {
    for (const product of products(this.symbols)) {
      const factor = b / evaluate(product, this.trial);
      if (Number.isInteger(factor) && a === factor * evaluate(product, this.first!.trial)) return multiply(factor, product);
    }
    throw new RobencError(
      'unsupported',
      `${what} is ${a} for ${this.first!.title} and ${b} for ${this.title}: neither constant nor a multiple of a free size. Trace with fixed sizes, or write it without them.`,
    );
  }

  /** `a batch of 3`, or `batch 3, height 7`. */
  get title(): string {
    const [only, ...others] = Object.entries(this.trial);
    if (!only) return 'fixed sizes';
    return others.length === 0 ? `a ${only[0]} of ${only[1]}` : [only, ...others].map((entry) => entry.join(' ')).join(', ');
  }
}

/** Every product of one or more of the symbols. */
function products(symbols: readonly string[]): string[] {
  return symbols.reduce<string[]>((all, symbol) => [...all, symbol, ...all.map((product) => multiply(product, symbol) as string)], []);
}

function sameElements(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((x, i) => Object.is(x, b[i]));
}

function isRecord(x: unknown): x is Record<string, unknown> {
  return typeof x === 'object' && x !== null && !Array.isArray(x) && !ArrayBuffer.isView(x);
}

/** A symbolic size as a number. Throws for symbols other than those of the trial. */
export function evaluate(dim: Dim, trial: Trial): number {
  if (typeof dim === 'number') return dim;
  let product = 1;
  for (const part of dim.split('*')) {
    const factor = trial[part] ?? Number(part);
    if (!Number.isInteger(factor))
      throw new RobencError('unsupported', `Size "${dim}" is not a multiple of ${Object.keys(trial).join(', ') || 'any size'}. Trace with fixed sizes.`);
    product *= factor;
  }
  return product;
}

/** Two trials: for each symbol two prime sizes of its own that none of the given sizes is a multiple of. */
export function trials(symbols: readonly string[], sizes: readonly number[]): [Trial, Trial] {
  const found: number[] = [];
  for (let n = 3; found.length < 2 * symbols.length; n += 2) {
    const prime = Array.from({ length: n - 2 }, (_, i) => i + 2).every((d) => n % d !== 0);
    if (prime && sizes.every((size) => size % n !== 0)) found.push(n);
  }
  const trial = (turn: 0 | 1): Trial => Object.fromEntries(symbols.map((symbol, i) => [symbol, found[2 * i + turn]!]));
  return [trial(0), trial(1)];
}
