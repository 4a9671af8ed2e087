/** @file What a kernel of the tracing backend is: a rule from traced inputs and attributes to graph nodes. */
import { RobencError } from '@robenc/shared/errors.js';
import type { GraphBuilder } from '@robenc/shared/graph/builder.js';
import type { Dim, Value } from '@robenc/shared/graph/value.js';
import type { TraceContext } from './context.js';
import { uniform, type Traced } from './traced.js';

export interface Kernel {
  /** As tfjs names it. */
  readonly name: string;
  readonly emit: (call: KernelCall) => Traced | readonly Traced[];
}

/** One call of a kernel: its inputs and attributes, with symbolic sizes where the batch is a symbol. */
export class KernelCall {
  readonly g: GraphBuilder;

  constructor(
    readonly context: TraceContext,
    readonly name: string,
    private readonly inputs: Readonly<Record<string, Traced>>,
    private readonly attrs: Readonly<Record<string, unknown>>,
  ) {
    this.g = context.g;
  }

  input(name: string): Traced {
    const found = this.inputs[name];
    if (!found) throw new RobencError('bad-input', `${this.name}: input "${name}" is missing.`);
    return found;
  }

  has(name: string): boolean {
    return this.inputs[name] !== undefined;
  }

  /** All inputs, for kernels that take a list. */
  list(): Traced[] {
    return Object.values(this.inputs);
  }

  /** A number that must not depend on free sizes. */
  number(name: string, fallback?: number): number {
    const value = this.attrs[name] ?? fallback;
    if (typeof value === 'number') return value;
    return this.context.fixed(value as Dim, `${name} of ${this.name}`);
  }

  /** A list of numbers that must not depend on free sizes; a lone number is a list of one. */
  numbers(name: string): number[] {
    return this.sizes(name).map((dim) => this.context.fixed(dim, `${name} of ${this.name}`));
  }

  /** A list of sizes; a lone one is a list of one. */
  sizes(name: string): readonly Dim[] {
    const value = this.attrs[name] as Dim | readonly Dim[];
    return Array.isArray(value) ? (value as readonly Dim[]) : [value as Dim];
  }

  flag(name: string): boolean {
    return this.attrs[name] === true;
  }

  text(name: string): string | undefined {
    return this.attrs[name] as string | undefined;
  }

  /** An attribute in tfjs's own form, to be handed back to tfjs's helpers. */
  raw(name: string): unknown {
    return this.attrs[name];
  }

  /** Axes counted from the front; null or undefined means all of them. */
  axes(name: string, rank: number): number[] {
    if (this.attrs[name] === null || this.attrs[name] === undefined) return Array.from({ length: rank }, (_, i) => i);
    return this.numbers(name).map((axis) => (axis < 0 ? axis + rank : axis));
  }

  /** Applies an operator that broadcasts, in the layout of the biggest operand. */
  elementwise(operands: readonly Traced[], emit: (...values: Value[]) => Value): Traced {
    const { values, perm, shape } = this.context.together(operands);
    const value = emit(...values);
    return value.type.shape.length === 0 ? uniform(value, shape) : { value, perm, shape };
  }
}
