/**
 * @file The layout in which ONNX Runtime's fast convolutions read and write, channels in blocks (NCHWc), and the ways into it and out of it.
 * https://github.com/microsoft/onnxruntime, core/optimizer/nchwc_transformer.cc
 */
import type { GraphBuilder } from '../builder.js';
import type { Attrs, Value } from '../value.js';

/** Values keep the type of the plain ones that they stand for: only the order of their elements is another. */
export class BlockLayout {
  readonly g: GraphBuilder;
  /** How many channels stand together. */
  readonly size: number;
  readonly #inside = new Map<Value, Value>();
  readonly #filters = new Map<Value, Value>();

  constructor(g: GraphBuilder, size: number) {
    this.g = g;
    this.size = size;
  }

  /** [N, C/B, H, W, B] from [N, C, H, W]; of a value that several convolutions read, once. */
  into(x: Value): Value {
    const known = this.#inside.get(x) ?? this.#node('ReorderInput', [x], { channels_last: 0 }, x);
    this.#inside.set(x, known);
    return known;
  }

  /** A convolution of what is in blocks already; `like` has the type of its result. */
  convolution(inputs: readonly Value[], attrs: Attrs, like: Pick<Value, 'name' | 'type'>): Value {
    return this.#node('Conv', inputs, attrs, like);
  }

  out(y: Value): Value {
    return this.#node('ReorderOutput', [y], { channels: y.type.shape[1] as number, channels_last: 0 }, y);
  }

  /** [O/B, I/B, taps, B of I, B of O] from [O, I, taps]: the first step by the runtime's own operator on all threads, the second moves whole blocks. Once for each value. */
  filters(filters: Value): Value {
    const known = this.#filters.get(filters) ?? this.#reordered(filters);
    this.#filters.set(filters, known);
    return known;
  }

  #reordered(filters: Value): Value {
    const { g, size } = this;
    const [outer, inner, height, width] = filters.type.shape.map(Number) as [number, number, number, number];
    const taps = height * width;
    const rows = this.into(g.reshape(filters, [outer / size, size, inner, taps]));
    return g.reshape(g.transpose(g.reshape(rows, [(outer * inner) / size ** 2, size, taps, size]), [0, 2, 1, 3]), filters.type.shape);
  }

  #node(op: string, inputs: readonly Value[], attrs: Attrs, { type, name }: Pick<Value, 'name' | 'type'>): Value {
    return this.g.opaque({ op, domain: 'com.microsoft.nchwc', version: 1, name: `${name}_blocked` }, inputs, attrs, [type])[0]!;
  }
}
