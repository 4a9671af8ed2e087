/**
 * @file Convolutions by filters that are fed, as in training, in the runtime's own fast form: channels in blocks (NCHWc). By itself ONNX Runtime takes that form for
 * constant filters only. The size of a block is a matter of the processor, and a wrong one gives wrong numbers: see runtime/convolution-block.ts.
 * Graphs in this form are for the process that asked for it, never for a file. https://github.com/microsoft/onnxruntime, core/optimizer/nchwc_transformer.cc
 */
import type { GraphBuilder } from '../builder.js';
import type { Operators } from '../operator.js';
import type { Attrs, Graph, Node, Value } from '../value.js';
import { rewritten } from './pass.js';

const DOMAIN = 'com.microsoft.nchwc';

/** The same graph with float32 convolutions in blocks of `block` channels wherever channels divide into them; all others stay as they are. */
export function blockConvolutions(graph: Graph, operators: Operators, block: number): Graph {
  return rewritten(graph, operators, (g) => {
    const layout = new Blocks(g, block);
    return (node, inputs) => (isEligible(node, block) ? [layout.convolution(node, inputs as readonly Value[])] : null);
  });
}

function isEligible({ op, domain, inputs, attrs }: Node, block: number): boolean {
  if (op !== 'Conv' || domain !== '') return false;
  const [x, filters] = inputs as readonly [Value, Value];
  const usual = ((attrs['group'] as number | undefined) ?? 1) === 1 && ((attrs['auto_pad'] as string | undefined) ?? 'NOTSET') === 'NOTSET';
  // Constant filters are put in blocks by the runtime itself, once.
  if (!usual || x.type.dtype !== 'float32' || x.type.shape.length !== 4 || filters.data) return false;
  return filters.type.shape.every((size) => typeof size === 'number') && filters.type.shape.slice(0, 2).every((channels) => Number(channels) % block === 0);
}

class Blocks {
  readonly #g: GraphBuilder;
  readonly #block: number;
  readonly #inside = new Map<Value, Value>();
  readonly #filters = new Map<Value, Value>();

  constructor(g: GraphBuilder, block: number) {
    this.#g = g;
    this.#block = block;
  }

  convolution({ attrs, outputs }: Node, [x, filters, bias]: readonly Value[]): Value {
    const inputs = [this.#into(x!), this.#reorderedOnce(filters!), ...(bias ? [bias] : [])];
    const y = this.#node('Conv', inputs, attrs, outputs[0]!);
    return this.#node('ReorderOutput', [y], { channels: outputs[0]!.type.shape[1] as number, channels_last: 0 }, outputs[0]!);
  }

  /** Of a value that several convolutions read, once. */
  #into(x: Value): Value {
    const known = this.#inside.get(x) ?? this.#node('ReorderInput', [x], { channels_last: 0 }, x);
    this.#inside.set(x, known);
    return known;
  }

  #reorderedOnce(filters: Value): Value {
    const known = this.#filters.get(filters) ?? this.#reordered(filters);
    this.#filters.set(filters, known);
    return known;
  }

  /** [O/B, I/B, taps, B of I, B of O]: the first step by the runtime's own operator on all threads, the second moves whole blocks. */
  #reordered(filters: Value): Value {
    const g = this.#g;
    const block = this.#block;
    const [outer, inner, height, width] = filters.type.shape.map(Number) as [number, number, number, number];
    const taps = height * width;
    const type = { ...filters.type, shape: [outer / block, block, inner, taps] };
    const rows = this.#node('ReorderInput', [g.reshape(filters, type.shape)], { channels_last: 0 }, { ...filters, type });
    return g.reshape(g.transpose(g.reshape(rows, [(outer * inner) / block ** 2, block, taps, block]), [0, 2, 1, 3]), filters.type.shape);
  }

  #node(op: string, inputs: readonly Value[], attrs: Attrs, { type, name }: Value): Value {
    return this.#g.opaque({ op, domain: DOMAIN, version: 1, name: `${name}_blocked` }, inputs, attrs, [type])[0]!;
  }
}
