/** @file Activations that ONNX Runtime's optimiser joins with the node before them (domain com.microsoft). */
import type { GraphBuilder } from '../builder.js';
import { constantNumbers, emit, input, numberOf, optional, refuse, type ImportedNode, type Upgrade } from '../imported.js';
import type { Value } from '../value.js';

/** Applies the activation that the attributes of a fused convolution or product name; none where they name none. */
export function activated(g: GraphBuilder, node: ImportedNode, x: Value, name: unknown, parameters: readonly number[]): readonly Value[] {
  const [alpha, beta] = parameters;
  switch (name) {
    case undefined:
    case '':
      return [x];
    case 'Relu':
    case 'Sigmoid':
    case 'Tanh':
    case 'Softplus':
    case 'Softsign':
    case 'HardSwish':
      return emit(g, node, { op: name, domain: '', inputs: [x], attrs: {} });
    case 'LeakyRelu':
    case 'Elu':
    case 'ThresholdedRelu':
      return emit(g, node, { op: name, domain: '', inputs: [x], attrs: alpha === undefined ? {} : { alpha } });
    case 'HardSigmoid':
      return emit(g, node, {
        op: name,
        domain: '',
        inputs: [x],
        attrs: { ...(alpha === undefined ? {} : { alpha }), ...(beta === undefined ? {} : { beta }) },
      });
    case 'Clip':
      return emit(g, node, { op: name, domain: '', inputs: [x, g.scalarLike(alpha ?? -3.4e38, x), g.scalarLike(beta ?? 3.4e38, x)], attrs: {} });
    default:
      return refuse(node, `its activation ${String(name)} is not supported. Save the model without optimisation.`);
  }
}

/** The sum of the inputs that are there. */
export function summed(g: GraphBuilder, first: Value, ...more: readonly (Value | null)[]): Value {
  return more.reduce<Value>((sum, value) => (value ? g.add(sum, value) : sum), first);
}

const gelu =
  (approximate: 'none' | 'tanh'): Upgrade =>
  (g, node) =>
    emit(g, node, { op: 'Gelu', domain: '', inputs: [summed(g, input(node, 0), optional(node, 1))], attrs: { approximate }, outputs: 1 });

/** y = x sigmoid(alpha x) */
const sigmoidTimes =
  (alpha: number): Upgrade =>
  (g, node) => {
    const x = input(node, 0);
    const slope = g.scalarLike(numberOf(node, 'alpha', alpha), x);
    return emit(g, node, { op: 'Mul', domain: '', inputs: [x, g.node('Sigmoid', [g.mul(x, slope)])], attrs: {} });
  };

/** The softmax of data + bias over all axes from `axis` on. */
const biasSoftmax: Upgrade = (g, node) => {
  const sum = g.add(input(node, 0), input(node, 1));
  const rank = sum.type.shape.length;
  const axis = numberOf(node, 'axis', 1);
  if (axis === -1 || axis === rank - 1) return emit(g, node, { op: 'Softmax', domain: '', inputs: [sum], attrs: { axis: -1 } });
  const rows = g.node('Softmax', [g.node('Flatten', [sum], { axis })], { axis: -1 });
  return emit(g, node, { op: 'Reshape', domain: '', inputs: [rows, g.node('Shape', [sum])], attrs: {} });
};

/** data + bias + residual outside training mode. */
const biasDropout: Upgrade = (g, node) => {
  if (node.inputs[4] && constantNumbers(node, 4)?.[0] !== 0) refuse(node, 'it is in training mode. Export the model for inference.');
  if (node.outputNames[1]) refuse(node, 'its mask is not supported.');
  const [data, bias, residual] = [input(node, 0), input(node, 1), optional(node, 2)];
  return emit(g, node, { op: 'Add', domain: '', inputs: [summed(g, data, residual), bias], attrs: {}, outputs: 1 });
};

const biasAdd: Upgrade = (g, node) => emit(g, node, { op: 'Add', domain: '', inputs: [g.add(input(node, 0), input(node, 1)), input(node, 2)], attrs: {} });

/** With [a, b] the halves of x + bias along the last axis: y = a gelu(b) */
const biasSplitGelu: Upgrade = (g, node) => {
  const [a, b] = g.nodeOutputs('Split', [g.add(input(node, 0), input(node, 1))], { axis: -1, num_outputs: 2 }, { outputs: 2 }) as [Value, Value];
  return emit(g, node, { op: 'Mul', domain: '', inputs: [a, g.node('Gelu', [b])], attrs: {} });
};

export const activationFusions: Readonly<Record<string, Upgrade>> = {
  'com.microsoft.BiasAdd': biasAdd,
  'com.microsoft.BiasDropout': biasDropout,
  'com.microsoft.BiasGelu': gelu('none'),
  'com.microsoft.BiasSoftmax': biasSoftmax,
  'com.microsoft.BiasSplitGelu': biasSplitGelu,
  'com.microsoft.FastGelu': gelu('tanh'),
  'com.microsoft.Gelu': gelu('none'),
  'com.microsoft.QuickGelu': sigmoidTimes(1.702),
};
