/** @file One trace under way: where its nodes go, which sizes are free, and the moves between layouts that kernels share. */
import { RobencError } from '@robenc/shared/errors.js';
import type { GraphBuilder } from '@robenc/shared/graph/builder.js';
import { broadcastShapes, divide, isFixed, sameShape } from '@robenc/shared/graph/dim.js';
import { describeType, type Dim, type Shape, type TensorData, type Value } from '@robenc/shared/graph/value.js';
import type { FreeSizes } from './free-sizes.js';
import { inverse, isInOrder, traced, type Traced } from './traced.js';

export class TraceContext {
  /** Names of the kernels that were called, in order. */
  readonly kernels: string[] = [];
  /** The free sizes as the graph computes them, each [1] of int64. */
  readonly #sizes = new Map<string, Value>();

  constructor(
    readonly g: GraphBuilder,
    readonly free: FreeSizes,
    /** Names of the composite operations that become one node each. */
    readonly composites: readonly string[],
  ) {}

  /** A value among whose sizes are free ones: those that are known only at run time are read from it. */
  seesSizes(value: Value): void {
    const { shape } = value.type;
    for (const symbol of this.free.symbols) {
      const at = shape.findIndex((dim) => typeof dim === 'string' && typeof divide(dim, symbol) === 'number');
      if (at < 0 || this.#sizes.has(symbol)) continue;
      const size = this.g.node('Shape', [value], { start: at, end: at + 1 });
      const factor = divide(shape[at]!, symbol) as number;
      this.#sizes.set(symbol, factor === 1 ? size : this.g.div(size, this.g.ints([factor])));
    }
  }

  numbersOf(shape: Shape): number[] {
    return this.free.numbersOf(shape);
  }

  /** A size that must be a number. */
  fixed(dim: Dim, what: string): number {
    if (typeof dim === 'number') return dim;
    throw new RobencError('unsupported', `${what} depends on a free size (${dim}). Trace with fixed sizes.`);
  }

  constant(tensor: TensorData): Traced {
    return traced(this.g.constant(tensor));
  }

  /** An int64 list of sizes, computed at run time where they are symbols. */
  sizes(shape: Shape): Value {
    const { g } = this;
    if (isFixed(shape)) return g.ints(shape);
    const parts = shape.map((dim) => {
      if (typeof dim === 'number') return g.ints([dim]);
      const factors = dim.split('*').map((part) => this.#sizes.get(part) ?? (/^\d+$/.test(part) ? g.ints([Number(part)]) : null));
      if (factors.some((factor) => factor === null))
        throw new RobencError('unsupported', `Size "${dim}" is known only at run time and no input has it. Trace with fixed sizes.`);
      return (factors as Value[]).reduce((product, factor) => g.mul(product, factor));
    });
    return parts.length === 1 ? parts[0]! : g.node('Concat', parts, { axis: 0 });
  }

  /** The same tensor with all its axes at full length in the value; rank 0 becomes the full rank, in order. */
  full(t: Traced): Traced {
    const { shape } = t.value.type;
    if (shape.length === 0 && t.shape.length > 0) return traced(this.#expand(t.value, t.shape));
    const wanted = inverse(t.perm).map((axis) => t.shape[axis]!);
    return sameShape(shape, wanted) ? t : traced(this.#expand(t.value, wanted), t.perm);
  }

  /** The value with its axes as tfjs sees them. */
  plain(t: Traced): Value {
    const { value, perm } = this.full(t);
    return isInOrder(perm) ? value : this.g.transpose(value, perm);
  }

  /** The full value with axis `perm[i]` holding axis i of the tensor. */
  laidOut(t: Traced, perm: readonly number[]): Value {
    return this.#arrange(this.full(t), perm);
  }

  /** The values of some tensors ready for an operator that broadcasts, the order of axes of its result, and the shape that tfjs sees. */
  together(tensors: readonly Traced[]): { values: Value[]; perm: readonly number[]; shape: Dim[] } {
    const shape = tensors.map((t) => t.shape).reduce<Dim[] | null>((all, next) => all && broadcastShapes(all, next), []);
    if (!shape) throw new RobencError('bad-input', `Shapes ${tensors.map((t) => `[${t.shape.join(',')}]`).join(' and ')} do not broadcast.`);
    const size = (t: Traced): number => this.numbersOf(t.value.type.shape).reduce((a, b) => a * b, 1);
    const candidates = tensors.filter((t) => t.perm.length > 0);
    const whole = candidates.filter((t) => t.perm.length === shape.length);
    const leader = (whole.length > 0 ? whole : candidates).reduce<Traced | null>((best, t) => (best && size(best) >= size(t) ? best : t), null);
    if (!leader) return { values: tensors.map((t) => t.value), perm: [], shape };
    const lead = shape.length - leader.perm.length;
    const perm = shape.map((_, i) => (i < lead ? i : leader.perm[i - lead]! + lead));
    // The leader gets every axis of the result, so that the result's value has them too.
    return { values: tensors.map((t) => this.#arrange(t, perm, t === leader)), perm, shape };
  }

  /** A reshape to sizes that may be symbols. */
  reshape(x: Value, shape: Shape): Value {
    const moving = shape.filter((dim, i) => typeof dim === 'string' && x.type.shape[i] !== dim);
    return moving.length > 1 ? this.g.node('Reshape', [x, this.sizes(shape)]) : this.g.reshape(x, shape);
  }

  #expand(value: Value, shape: Shape): Value {
    return this.g.node('Expand', [value, this.sizes(shape)]);
  }

  /** Brings the axes of `t` where `perm` wants those of a tensor of that rank; missing leading axes become 1, or stay out where broadcasting adds them anyway and not `whole`. */
  #arrange(t: Traced, perm: readonly number[], whole = false): Value {
    const { value } = t;
    const own = value.type.shape;
    if (own.length === 0) return value;
    const lead = perm.length - own.length;
    const order: number[] = [];
    const shape = inverse(perm).map((axis) => {
      if (axis < lead) return 1;
      order.push(t.perm[axis - lead]!);
      return own[order.at(-1)!]!;
    });
    const long = order.filter((axis) => own[axis] !== 1);
    const moved = long.every((axis, i) => i === 0 || axis > long[i - 1]!) ? value : this.g.transpose(value, order);
    const leadingOnes = !whole && lead > 0 && shape.slice(0, lead).every((dim) => dim === 1) && sameShape(shape.slice(lead), moved.type.shape);
    return leadingOnes ? moved : this.reshape(moved, shape);
  }

  /** Throws where the second run's sizes contradict what tfjs computes. */
  check(t: Traced, shape: Shape, what: string): void {
    if (!sameShape(t.shape, shape))
      throw new RobencError(
        'mismatch',
        `${what}: the graph has ${describeType({ dtype: t.value.type.dtype, shape: t.shape })}, but tfjs computes with [${shape.join(',')}].`,
      );
  }
}
