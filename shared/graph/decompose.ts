/** @file Operators that are defined by simpler ones: they are taken apart when a file is read. */
import type { GraphBuilder } from './builder.js';
import { emit, input, listOf, numberOf, optional, refuse, textOf, type ImportedNode, type Upgrade } from './imported.js';
import { normalizeAxis } from './dim.js';
import type { Value } from './value.js';

/** Groups of channels are normalised as the channels of an instance normalisation; scale and bias follow for each channel, or (before opset 21) for each group. */
export function groupNormalized(g: GraphBuilder, node: ImportedNode, x: Value, scale: Value, bias: Value, groups: number, epsilon: number): Value {
  const channels = x.type.shape[1];
  if (typeof channels !== 'number' || channels % groups !== 0) refuse(node, `${channels} channels do not divide into ${groups} groups.`);
  const { dtype, shape } = x.type;
  const grouped = g.node('Reshape', [x, g.ints([0, groups, -1])]);
  const fill = (value: number): Value => g.cast(g.constant({ dtype: 'float32', shape: [groups], data: new Float32Array(groups).fill(value) }), dtype);
  const normal = g.node('InstanceNormalization', [grouped, fill(1), fill(0)], { epsilon });
  const restored = g.node('Reshape', [normal, g.node('Shape', [x])]);
  const perChannel = (v: Value): Value => {
    const column = g.reshape(v, [Number(v.type.shape[0]), 1]);
    const list = v.type.shape[0] === channels ? v : g.reshape(g.node('Expand', [column, g.ints([groups, channels / groups])]), [channels]);
    return g.reshape(g.cast(list, dtype), [channels, ...shape.slice(2).map(() => 1)]);
  };
  return g.add(g.mul(restored, perChannel(scale)), perChannel(bias));
}

const groupNormalization: Upgrade = (g, node) => [
  groupNormalized(g, node, input(node, 0), input(node, 1), input(node, 2), numberOf(node, 'num_groups', 1), numberOf(node, 'epsilon', 1e-5)),
];

/** y = γ x / √(mean x² + ε) over the axes from `axis` on. */
export function rmsNormalized(g: GraphBuilder, x: Value, scale: Value, axis: number, epsilon: number): Value {
  const rank = x.type.shape.length;
  const first = normalizeAxis(axis, rank);
  const axes = g.ints(Array.from({ length: rank - first }, (_, i) => first + i));
  const square = g.node('ReduceMean', [g.mul(x, x), axes], { keepdims: 1 });
  const deviation = g.node('Sqrt', [g.add(square, g.scalarLike(epsilon, x))]);
  return g.mul(g.div(x, deviation), scale);
}

const rmsNormalization: Upgrade = (g, node) => [rmsNormalized(g, input(node, 0), input(node, 1), numberOf(node, 'axis', -1), numberOf(node, 'epsilon', 1e-5))];

/** y = (x - mean) / deviation over axes, batch and space by default. */
const meanVarianceNormalization: Upgrade = (g, node) => {
  const x = input(node, 0);
  const axes = g.ints((node.attrs['axes'] as readonly number[] | undefined) ?? [0, 2, 3]);
  const centred = g.sub(x, g.node('ReduceMean', [x, axes], { keepdims: 1 }));
  const deviation = g.node('Sqrt', [g.node('ReduceMean', [g.mul(centred, centred), axes], { keepdims: 1 })]);
  return emit(g, node, { op: 'Div', inputs: [centred, g.add(deviation, g.scalarLike(1e-9, x))], attrs: {} });
};

/** y = x sigmoid(alpha x) */
const swish: Upgrade = (g, node) => {
  const x = input(node, 0);
  return emit(g, node, { op: 'Mul', inputs: [x, g.node('Sigmoid', [g.mul(x, g.scalarLike(numberOf(node, 'alpha', 1), x))])], attrs: {} });
};

/** y = (Σ |x|ᵖ)^(1/p) over the image */
const globalLpPool: Upgrade = (g, node) => {
  const x = input(node, 0);
  const p = numberOf(node, 'p', 2);
  const axes = g.ints(x.type.shape.flatMap((_, i) => (i < 2 ? [] : [i])));
  if (p === 1 || p === 2) return emit(g, node, { op: `ReduceL${p}`, inputs: [x, axes], attrs: { keepdims: 1 } });
  const sum = g.node('ReduceSum', [g.node('Pow', [g.node('Abs', [x]), g.scalarLike(p, x)]), axes], { keepdims: 1 });
  return emit(g, node, { op: 'Pow', inputs: [sum, g.scalarLike(1 / p, x)], attrs: {} });
};

/** Each axis is cropped or padded with zeros on both sides alike, one more at the end where it does not come out even. */
const centerCropPad: Upgrade = (g, node) => {
  const x = input(node, 0);
  const { shape } = x.type;
  const target = node.inputs[1]?.known;
  if (!target) refuse(node, 'its target shape is known only at run time.');
  const axes = (listOf(node, 'axes') ?? shape.map((_, i) => i)).map((axis) => normalizeAxis(axis, shape.length));
  const [before, after] = [shape.map(() => 0), shape.map(() => 0)];
  for (const [i, axis] of axes.entries()) {
    const [from, to] = [shape[axis]!, target[i]!];
    if (from === to) continue;
    if (typeof from !== 'number' || typeof to !== 'number') refuse(node, `size ${from} of axis ${axis} is known only at run time.`);
    before[axis] = Math.sign(to - from) * Math.floor(Math.abs(to - from) / 2);
    after[axis] = to - from - before[axis];
  }
  return emit(g, node, { op: 'Pad', inputs: [x, g.ints([...before, ...after])], attrs: {} });
};

/** loss = -w[label] x[label] for each place, 0 where the label is `ignore_index`; reduced by the mean (weighted), the sum or not at all. */
function labelLoss(g: GraphBuilder, node: ImportedNode, scores: Value, labels: Value, weights: Value | null): Value {
  const ignored = typeof node.attrs['ignore_index'] === 'number' ? g.scalar(node.attrs['ignore_index'], labels.type.dtype) : null;
  const counts = ignored ? g.node('Not', [g.node('Equal', [labels, ignored])]) : null;
  const whole = counts ? g.node('Where', [counts, labels, g.cast(g.scalar(0), labels.type.dtype)]) : labels;
  const picked = g.node('Squeeze', [g.node('GatherElements', [scores, g.node('Unsqueeze', [whole, g.ints([1])])], { axis: 1 }), g.ints([1])]);
  const one = g.scalarLike(1, scores);
  const given = weights ? g.node('Gather', [weights, whole], { axis: 0 }) : null;
  const weight = counts ? g.node('Where', [counts, given ?? one, g.scalarLike(0, scores)]) : given;
  const loss = g.neg(weight ? g.mul(picked, weight) : picked);
  const reduction = textOf(node, 'reduction', 'mean');
  if (reduction === 'none') return loss;
  if (reduction === 'sum') return g.sum(loss, null);
  return weight ? g.div(g.sum(loss, null), g.sum(weight, null)) : g.node('ReduceMean', [loss], { keepdims: 0 });
}

const negativeLogLikelihoodLoss: Upgrade = (g, node) => [labelLoss(g, node, input(node, 0), input(node, 1), optional(node, 2))];

/** The same of the logarithm of the softmax, which is output 1. */
const softmaxCrossEntropyLoss: Upgrade = (g, node) => {
  const log = g.node('LogSoftmax', [input(node, 0)], { axis: 1 });
  return [labelLoss(g, node, log, input(node, 1), optional(node, 2)), log];
};

export const decompositions: Readonly<Record<string, Upgrade>> = {
  CenterCropPad: centerCropPad,
  GlobalLpPool: globalLpPool,
  GroupNormalization: groupNormalization,
  MeanVarianceNormalization: meanVarianceNormalization,
  NegativeLogLikelihoodLoss: negativeLogLikelihoodLoss,
  RMSNormalization: rmsNormalization,
  SoftmaxCrossEntropyLoss: softmaxCrossEntropyLoss,
  Swish: swish,
};
