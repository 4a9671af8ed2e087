/** @file Runs the inference of one node: what it may see, and its failures in words. */
import { RobencError } from '../errors.js';
import { checkShape } from './dim.js';
import type { InferContext, OpDef } from './operator.js';
import { describeType, numbersOf, sizeOf, type Attrs, type Dim, type Type, type Value } from './value.js';

/** Constants up to this many elements are shared when equal, and integer ones are followed through shape arithmetic. */
export const SMALL = 64;

/** Integer results of up to this many elements are followed. */
export const LONGEST_LIST = 4096;

/** What the inference of one node may see. */
export class Context implements InferContext {
  readonly inputs: readonly (Type | null)[];

  constructor(
    readonly op: string,
    private readonly values: readonly (Value | null)[],
    readonly attrs: Attrs,
    readonly outputs: number,
  ) {
    this.inputs = values.map((value) => value?.type ?? null);
  }

  fresh(name: string, inputs: readonly number[] = [...this.values.keys()], attrs: readonly string[] = []): string {
    const of = [...inputs.map((i) => this.values[i]?.id ?? ''), ...attrs.map((attr) => `${attr}=${JSON.stringify(this.attrs[attr] ?? null)}`)];
    return `(${name} ${of.join(' ').trim()})`;
  }

  type(i: number): Type {
    const type = this.inputs[i];
    if (!type) throw new Error(`input ${i} is missing`);
    return type;
  }

  known(i: number): readonly Dim[] | null {
    const value = this.values[i];
    // Exporters scale sizes as floats, so small float lists count as well.
    return value?.known ?? (value?.data && value.type.shape.length <= 1 && sizeOf(value.data.shape) <= SMALL ? numbersOf(value.data) : null);
  }

  numbers(i: number): readonly number[] {
    const value = this.values[i];
    if (value?.data) return numbersOf(value.data);
    const known = value?.known;
    if (known?.every((dim) => typeof dim === 'number')) return known;
    throw new Error(`input ${i} must be known before the run`);
  }
}

/** Runs inference; its failures name the operator, the node and the types of its inputs. */
export function attempt(definition: OpDef, context: InferContext, name: string | undefined): { types: readonly Type[]; known: readonly Dim[] | null } {
  try {
    const types = definition.infer(context);
    for (const { shape } of types) checkShape(shape);
    return { types, known: mayBeSizes(types[0]) ? (definition.known?.(context) ?? null) : null };
  } catch (cause) {
    if (cause instanceof RobencError) throw cause;
    const inputs = context.inputs.map((type) => (type ? describeType(type) : 'none')).join(', ');
    throw new RobencError('bad-input', `${context.op}${name ? ` "${name}"` : ''}(${inputs}): ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

/** Whether the elements may be a list of sizes or indices at all: rules that follow them need not fear an Expand of one to millions. */
function mayBeSizes(type: Type | undefined): boolean {
  return type !== undefined && type.shape.length <= 1 && (typeof type.shape[0] !== 'number' || type.shape[0] <= LONGEST_LIST);
}
