/** @file Normalisations that ONNX Runtime's optimiser joined with the sum before them, or with an activation (domain com.microsoft). */
import type { GraphBuilder } from '../builder.js';
import { emit, input, numberOf, optional, refuse, refuseOutputs, type ImportedNode, type Upgrade } from '../imported.js';
import type { Value } from '../value.js';
import { groupNormalized, rmsNormalized } from '../decompose.js';
import { summed } from './activations.js';
import { channelsFirst } from './products.js';

/** Layer normalisation of input + skip + bias; output 3 is that sum. */
const skipLayerNormalization: Upgrade = (g, node) => {
  refuseOutputs(node, { 1: 'mean', 2: 'inv_std_var' });
  const sum = summed(g, input(node, 0), optional(node, 1), optional(node, 4));
  const attrs = { axis: -1, epsilon: numberOf(node, 'epsilon', 1e-12) };
  const [y] = emit(g, node, { op: 'LayerNormalization', domain: '', inputs: [sum, input(node, 2), optional(node, 3)], attrs, outputs: 1 });
  return [y!, sum, sum, sum];
};

/** The same by the root mean square alone. */
const skipSimplifiedLayerNormalization: Upgrade = (g, node) => {
  refuseOutputs(node, { 1: 'mean', 2: 'inv_std_var' });
  const sum = summed(g, input(node, 0), optional(node, 1), optional(node, 3));
  const y = rmsNormalized(g, sum, input(node, 2), -1, numberOf(node, 'epsilon', 1e-12));
  return [y, sum, sum, sum];
};

const simplifiedLayerNormalization: Upgrade = (g, node) => {
  refuseOutputs(node, { 1: 'inv_std_var' });
  return [rmsNormalized(g, input(node, 0), input(node, 1), numberOf(node, 'axis', -1), numberOf(node, 'epsilon', 1e-5))];
};

/** Group normalisation, channels last by default, with a SiLU after it where `activation` is 1. */
const groupNorm: Upgrade = (g, node) => [grouped(g, node, input(node, 0))];

/** The same of x + skip + bias; output 1 is that sum. */
const skipGroupNorm: Upgrade = (g, node) => {
  const [x, skip] = [input(node, 0), input(node, 3)];
  const [rank, axis] = [x.type.shape.length, numberOf(node, 'channels_last', 1) === 1 ? -1 : 1];
  if (axis === 1 && (skip.type.shape.length !== rank || node.inputs[4])) refuse(node, 'channels first with a skip or bias of another rank is not supported.');
  const spread = skip.type.shape.length === 2 ? g.node('Unsqueeze', [skip, g.ints(Array.from({ length: rank - 2 }, (_, i) => i + 1))]) : skip;
  const sum = summed(g, x, spread, optional(node, 4));
  return [grouped(g, node, sum), sum];
};

function grouped(g: GraphBuilder, node: ImportedNode, x: Value): Value {
  const [groups, epsilon] = [numberOf(node, 'groups', 1), numberOf(node, 'epsilon', 1e-5)];
  const normalized = (v: Value): Value => {
    const y = groupNormalized(g, node, v, input(node, 1), input(node, 2), groups, epsilon);
    return numberOf(node, 'activation', 0) === 1 ? g.mul(y, g.node('Sigmoid', [y])) : y;
  };
  return numberOf(node, 'channels_last', 1) === 1 ? channelsFirst(g, x, normalized) : normalized(x);
}

export const normalizationFusions: Readonly<Record<string, Upgrade>> = {
  SimplifiedLayerNormalization: simplifiedLayerNormalization,
  'com.microsoft.GroupNorm': groupNorm,
  'com.microsoft.SimplifiedLayerNormalization': simplifiedLayerNormalization,
  'com.microsoft.SkipGroupNorm': skipGroupNorm,
  'com.microsoft.SkipLayerNormalization': skipLayerNormalization,
  'com.microsoft.SkipSimplifiedLayerNormalization': skipSimplifiedLayerNormalization,
};
