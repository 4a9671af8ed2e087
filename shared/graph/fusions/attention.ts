/** @file Attention in the forms of ONNX (opset 23) and of ONNX Runtime, and rotary embeddings: taken apart into products and a softmax. */
import type { GraphBuilder } from '../builder.js';
import { emit, input, listOf, numberOf, optional, refuse, refuseInputs, refuseOutputs, type ImportedNode, type Upgrade } from '../imported.js';
import type { DType, Value } from '../value.js';
import { summed } from './activations.js';

interface Scores {
  readonly scale: number;
  /** Added to the scores: 0 and large negative numbers, or a learned bias. */
  readonly bias: Value | null;
  /** true where a query sees a key. */
  readonly mask: Value | null;
  readonly softcap: number;
}

/** softmax(scale q kᵀ + bias) v for q [B, H, S, d], k [B, H, T, d], v [B, H, T, e]. */
function attended(g: GraphBuilder, q: Value, k: Value, v: Value, { scale, bias, mask, softcap }: Scores): Value {
  const products = g.node('MatMul', [g.mul(q, g.scalarLike(scale, q)), g.transpose(k, [0, 1, 3, 2])]);
  const capped = softcap > 0 ? g.mul(g.node('Tanh', [g.div(products, g.scalarLike(softcap, q))]), g.scalarLike(softcap, q)) : products;
  const biased = summed(g, capped, bias);
  const scores = mask ? g.node('Where', [mask, biased, g.scalarLike(-Infinity, q)]) : biased;
  return g.node('MatMul', [g.node('Softmax', [scores], { axis: -1 }), v]);
}

/** [B, S, heads · d] as [B, heads, S, d] */
function intoHeads(g: GraphBuilder, x: Value, heads: number): Value {
  if (x.type.shape.length === 4) return x;
  const width = Number(x.type.shape[2]);
  return g.transpose(g.node('Reshape', [x, g.ints([0, 0, heads, width / heads])]), [0, 2, 1, 3]);
}

/** [B, heads, S, d] as [B, S, heads · d] */
function joined(g: GraphBuilder, x: Value): Value {
  return g.node('Reshape', [g.transpose(x, [0, 2, 1, 3]), g.ints([0, 0, Number(x.type.shape[1]) * Number(x.type.shape[3])])]);
}

/** true where key t is not after query s + offset: bool [S, T] */
function causal(g: GraphBuilder, q: Value, k: Value, past: Value | null): Value {
  const counted = (x: Value): Value => {
    const size = g.node('Squeeze', [g.node('Shape', [x], { start: 2, end: 3 }), g.ints([0])]);
    return g.node('Range', [g.scalar(0, 'int64'), size, g.scalar(1, 'int64')]);
  };
  const offset = past ? g.add(counted(q), g.node('Shape', [past], { start: 2, end: 3 })) : counted(q);
  return g.node('LessOrEqual', [g.node('Unsqueeze', [counted(k), g.ints([0])]), g.node('Unsqueeze', [offset, g.ints([1])])]);
}

function sizeOfHeads(node: ImportedNode, x: Value): number {
  const size = x.type.shape.at(-1);
  if (typeof size !== 'number') refuse(node, 'the size of its heads is known only at run time.');
  return size;
}

/** Each head of keys and values serves as many heads of queries in a row. */
function shared(g: GraphBuilder, x: Value, heads: number): Value {
  const own = Number(x.type.shape[1]);
  if (own === heads) return x;
  return g.node('Gather', [x, g.ints(Array.from({ length: heads }, (_, i) => Math.floor(i / (heads / own))))], { axis: 1 });
}

/** Inputs: q, k, v, mask, past key, past value. Outputs: y, present key, present value. */
const attention: Upgrade = (g, node) => {
  refuseInputs(node, { 6: 'nonpad_kv_seqlen' });
  refuseOutputs(node, { 3: 'qk_matmul_output' });
  const [heads, keyHeads] = [numberOf(node, 'q_num_heads', 0), numberOf(node, 'kv_num_heads', 0)];
  const isFlat = input(node, 0).type.shape.length === 3;
  if (isFlat && (heads === 0 || keyHeads === 0)) refuse(node, 'q_num_heads and kv_num_heads are missing.');
  const q = intoHeads(g, input(node, 0), heads);
  const extended = (i: number, past: Value | null): Value => {
    const x = intoHeads(g, input(node, i), keyHeads);
    return past ? g.node('Concat', [past, x], { axis: 2 }) : x;
  };
  const [pastKey, pastValue] = [optional(node, 4), optional(node, 5)];
  const [k, v] = [extended(1, pastKey), extended(2, pastValue)];
  const given = optional(node, 3);
  const seen = numberOf(node, 'is_causal', 0) === 1 ? causal(g, q, k, pastKey) : null;
  const chosen = given?.type.dtype === 'bool' ? given : null;
  const queryHeads = Number(q.type.shape[1]);
  const y = attended(g, q, shared(g, k, queryHeads), shared(g, v, queryHeads), {
    scale: numberOf(node, 'scale', 0) || 1 / Math.sqrt(sizeOfHeads(node, q)),
    bias: chosen ? null : given,
    mask: seen && chosen ? g.node('And', [seen, chosen]) : (seen ?? chosen),
    softcap: numberOf(node, 'softcap', 0),
  });
  return [isFlat ? joined(g, y) : y, k, v];
};

/** Keys whose mask is 0 get `mask_filter_value` added to their scores. mask [B, T] or [B, S, T] of whole numbers. */
function maskBias(g: GraphBuilder, node: ImportedNode, mask: Value | null, dtype: DType): Value | null {
  if (!mask) return null;
  const rank = mask.type.shape.length;
  if (rank !== 2 && rank !== 3) refuse(node, `a mask of rank ${rank} is not supported; a mask for each key is.`);
  const hidden = g.cast(g.node('Equal', [mask, g.scalar(0, mask.type.dtype)]), dtype);
  const bias = g.mul(hidden, g.cast(g.scalar(numberOf(node, 'mask_filter_value', -10000)), dtype));
  return g.node('Unsqueeze', [bias, g.ints(rank === 2 ? [1, 2] : [1])]);
}

interface Heads {
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
  readonly mask: Value | null;
  readonly bias: Value | null;
}

/** What both forms of ONNX Runtime have in common. */
function microsoftAttention(g: GraphBuilder, node: ImportedNode, { q, k, v, mask, bias }: Heads): readonly Value[] {
  const masked = maskBias(g, node, mask, q.type.dtype);
  const y = attended(g, q, k, v, {
    scale: numberOf(node, 'scale', 0) || 1 / Math.sqrt(sizeOfHeads(node, q)),
    bias: masked && bias ? g.add(masked, bias) : (masked ?? bias),
    mask: numberOf(node, 'unidirectional', 0) === 1 ? causal(g, q, k, null) : null,
    softcap: 0,
  });
  return [joined(g, y)];
}

/** q, k and v are one product of the input [B, S, D] with weights [D, 3 · heads · d]. */
const fusedAttention: Upgrade = (g, node) => {
  refuseInputs(node, { 4: 'past', 6: 'past_sequence_length' });
  refuseOutputs(node, { 1: 'present' });
  if (numberOf(node, 'do_rotary', 0) === 1) refuse(node, 'do_rotary is not supported.');
  const heads = numberOf(node, 'num_heads', 1);
  const projected = summed(g, g.node('MatMul', [input(node, 0), input(node, 1)]), optional(node, 2));
  const width = Number(projected.type.shape[2]);
  const sizes = listOf(node, 'qkv_hidden_sizes') ?? [width / 3, width / 3, width / 3];
  const parts = g.nodeOutputs('Split', [projected, g.ints(sizes)], { axis: -1 }, { outputs: 3 });
  const [q, k, v] = parts.map((part) => intoHeads(g, part, heads)) as [Value, Value, Value];
  return microsoftAttention(g, node, { q, k, v, mask: optional(node, 3), bias: optional(node, 5) });
};

/** q, k and v come apart, or packed in the last axes of one input; `bias` is added to all three. */
const multiHeadAttention: Upgrade = (g, node) => {
  refuseInputs(node, { 6: 'past_key', 7: 'past_value', 8: 'past_sequence_length', 9: 'cache_indirection' });
  refuseOutputs(node, { 1: 'present_key', 2: 'present_value', 3: 'qk' });
  const heads = numberOf(node, 'num_heads', 1);
  const [first, second, third] = unpacked(g, node);
  const widths = [first, second, third].map((x) => (x.type.shape.length === 4 ? heads * sizeOfHeads(node, x) : sizeOfHeads(node, x)));
  const biases = node.inputs[3] ? g.nodeOutputs('Split', [node.inputs[3], g.ints(widths)], { axis: 0 }, { outputs: 3 }) : null;
  const [q, k, v] = [first, second, third].map((x, i) => {
    if (!biases) return intoHeads(g, x, heads);
    if (x.type.shape.length === 3) return intoHeads(g, g.add(x, biases[i]!), heads);
    return g.add(x, g.reshape(biases[i]!, [heads, 1, widths[i]! / heads]));
  }) as [Value, Value, Value];
  return microsoftAttention(g, node, { q, k, v, mask: optional(node, 4), bias: optional(node, 5) });
};

/** [B, S, heads, 3, d] or [B, T, heads, 2, d] taken apart into [B, heads, S, d] each. */
function unpacked(g: GraphBuilder, node: ImportedNode): [Value, Value, Value] {
  const [query, key, value] = [input(node, 0), optional(node, 1), optional(node, 2)];
  const part = (x: Value, i: number): Value => g.transpose(g.node('Gather', [x, g.scalar(i, 'int64')], { axis: 3 }), [0, 2, 1, 3]);
  if (!key) return [part(query, 0), part(query, 1), part(query, 2)];
  if (!value) return [query, part(key, 0), part(key, 1)];
  return [query, key, value];
}

/** Turns pairs of x by angles: (a, b) becomes (a cos - b sin, a sin + b cos). x [B, H, S, d]; cos and sin [B, 1, S, r / 2], or anything that broadcasts. */
function rotated(g: GraphBuilder, x: Value, cos: Value, sin: Value, rotary: number, interleaved: boolean): Value {
  const width = Number(x.type.shape[3]);
  const cut = (from: number, to: number, step: number): Value => g.node('Slice', [x, g.ints([from]), g.ints([to]), g.ints([3]), g.ints([step])]);
  const [a, b] = interleaved ? [cut(0, rotary, 2), cut(1, rotary, 2)] : [cut(0, rotary / 2, 1), cut(rotary / 2, rotary, 1)];
  const [left, right] = [g.sub(g.mul(a, cos), g.mul(b, sin)), g.add(g.mul(a, sin), g.mul(b, cos))];
  const pair = (v: Value): Value => g.node('Unsqueeze', [v, g.ints([4])]);
  const turned = interleaved
    ? g.node('Reshape', [g.node('Concat', [pair(left), pair(right)], { axis: 4 }), g.ints([0, 0, 0, -1])])
    : g.node('Concat', [left, right], { axis: 3 });
  return rotary === width ? turned : g.node('Concat', [turned, cut(rotary, width, 1)], { axis: 3 });
}

/** x [B, S, heads · d] or [B, heads, S, d] turned, and given back in its own form. */
function rotaryEmbedding(g: GraphBuilder, node: ImportedNode, cos: Value, sin: Value): readonly Value[] {
  const x = input(node, 0);
  const flat = x.type.shape.length === 3;
  const half = Number(cos.type.shape.at(-1));
  const rotary = numberOf(node, 'rotary_embedding_dim', 0) || 2 * half;
  const heads = numberOf(node, 'num_heads', 0) || Number(x.type.shape[2]) / rotary;
  const middle = (v: Value): Value => g.node('Unsqueeze', [v, g.ints([1])]);
  const y = rotated(g, flat ? intoHeads(g, x, heads) : x, middle(cos), middle(sin), rotary, numberOf(node, 'interleaved', 0) === 1);
  return flat ? [joined(g, y)] : emit(g, node, { op: 'Identity', domain: '', inputs: [y], attrs: {} });
}

/** Inputs: x, cos and sin (for each place, or of all positions), positions. */
const rotary: Upgrade = (g, node) => {
  const at = (table: Value): Value => (node.inputs[3] ? g.node('Gather', [table, node.inputs[3]], { axis: 0 }) : table);
  return rotaryEmbedding(g, node, at(input(node, 1)), at(input(node, 2)));
};

/** Inputs: x, positions [B, S] or the first one [1], cos and sin of all positions. */
const microsoftRotary: Upgrade = (g, node) => {
  const [x, positions] = [input(node, 0), input(node, 1)];
  if (numberOf(node, 'scale', 1) !== 1 || numberOf(node, 'is_packed_batching', 0) === 1) refuse(node, 'scale and is_packed_batching are not supported.');
  if (positions.type.shape.length === 2) {
    const at = (i: number): Value => g.node('Gather', [input(node, i), positions], { axis: 0 });
    return rotaryEmbedding(g, node, at(2), at(3));
  }
  const axis = x.type.shape.length === 3 ? 1 : 2;
  const length = g.node('Shape', [x], { start: axis, end: axis + 1 });
  const counted = g.node('Range', [g.scalar(0, 'int64'), g.node('Squeeze', [length, g.ints([0])]), g.scalar(1, 'int64')]);
  const at = (i: number): Value => g.node('Gather', [input(node, i), g.node('Unsqueeze', [g.add(counted, positions), g.ints([0])])], { axis: 0 });
  return rotaryEmbedding(g, node, at(2), at(3));
};

export const attentionFusions: Readonly<Record<string, Upgrade>> = {
  Attention: attention,
  RotaryEmbedding: rotary,
  'com.microsoft.Attention': fusedAttention,
  'com.microsoft.MultiHeadAttention': multiHeadAttention,
  'com.microsoft.RotaryEmbedding': microsoftRotary,
};
