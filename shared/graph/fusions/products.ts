/** @file Convolutions and products that ONNX Runtime's optimiser joined with their neighbours (domain com.microsoft). */
import type { GraphBuilder } from '../builder.js';
import { constantNumbers, emit, input, listOf, numberOf, optional, refuse, textOf, without, type ImportedNode, type Upgrade } from '../imported.js';
import type { Value } from '../value.js';
import { activated, summed } from './activations.js';

/** y = activation(conv(x, w) + bias + z) */
const fusedConv: Upgrade = (g, node) => {
  const attrs = without(node.attrs, 'activation', 'activation_params');
  const y = g.node('Conv', [input(node, 0), input(node, 1), optional(node, 2)], attrs);
  return activated(g, node, summed(g, y, optional(node, 3)), node.attrs['activation'], listOf(node, 'activation_params') ?? []);
};

const ACTIVATION = ['activation', 'activation_alpha', 'activation_beta', 'activation_gamma', 'activation_axis'] as const;

function activationParameters(node: ImportedNode): number[] {
  return ['activation_alpha', 'activation_beta', 'activation_gamma'].flatMap((name) => (typeof node.attrs[name] === 'number' ? [node.attrs[name]] : []));
}

const fusedGemm: Upgrade = (g, node) => {
  const y = g.node('Gemm', [...node.inputs], without(node.attrs, ...ACTIVATION));
  return activated(g, node, y, node.attrs['activation'], activationParameters(node));
};

/** y = activation(alpha a b) with axes of a and b exchanged: `trans` the last two, `transBatch` the first moved behind the other batch axes before. */
const fusedMatMul: Upgrade = (g, node) => {
  const a = turned(g, input(node, 0), numberOf(node, 'transA', 0) === 1, numberOf(node, 'transBatchA', 0) === 1);
  const b = turned(g, input(node, 1), numberOf(node, 'transB', 0) === 1, numberOf(node, 'transBatchB', 0) === 1);
  const y = g.node('MatMul', [a, b]);
  const alpha = numberOf(node, 'alpha', 1);
  return activated(g, node, alpha === 1 ? y : g.mul(y, g.scalarLike(alpha, y)), node.attrs['activation'], activationParameters(node));
};

function turned(g: GraphBuilder, x: Value, trans: boolean, transBatch: boolean): Value {
  const rank = x.type.shape.length;
  if (rank < 2) return x;
  const order = Array.from({ length: rank }, (_, i) => i);
  const moved = transBatch ? [...order.slice(1, -1), 0, rank - 1] : order;
  const last = trans ? [...moved.slice(0, -2), moved.at(-1)!, moved.at(-2)!] : moved;
  return g.transpose(x, last);
}

/** Pads that the file computes must be constants. */
const convTransposeWithDynamicPads: Upgrade = (g, node) => {
  const pads = node.inputs[2] ? (constantNumbers(node, 2) ?? node.inputs[2].known?.map(Number)) : [];
  if (!pads) refuse(node, 'its pads are known only at run time.');
  const attrs = pads.length > 0 ? { ...node.attrs, pads } : node.attrs;
  return emit(g, node, { op: 'ConvTranspose', domain: '', inputs: [input(node, 0), input(node, 1), optional(node, 3)], attrs });
};

const gemmFastGelu: Upgrade = (g, node) => {
  const y = summed(g, g.node('MatMul', [input(node, 0), input(node, 1)]), optional(node, 2));
  return emit(g, node, { op: 'Gelu', domain: '', inputs: [y], attrs: { approximate: 'tanh' } });
};

/** Between channels last, as x comes and goes, and channels first, as `compute` works. */
export function channelsFirst(g: GraphBuilder, x: Value, compute: (x: Value) => Value): Value {
  const rank = x.type.shape.length;
  const first = [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)];
  const last = [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];
  return g.transpose(compute(g.transpose(x, first)), last);
}

const nhwcMaxPool: Upgrade = (g, node) => [channelsFirst(g, input(node, 0), (x) => g.node('MaxPool', [x], node.attrs))];

const renamed =
  (op: string): Upgrade =>
  (g, node) =>
    emit(g, node, { op, domain: '' });

/** The border of com.microsoft's Pad and the sampling of its GridSample are those of ONNX, where "bilinear" is now called linear. */
const gridSample: Upgrade = (g, node) => {
  const mode = textOf(node, 'mode', 'linear').replace(/^bi(?=linear|cubic)/, '');
  return emit(g, node, { op: 'GridSample', domain: '', attrs: { ...node.attrs, mode } });
};

export const productFusions: Readonly<Record<string, Upgrade>> = {
  GridSample: gridSample,
  'com.microsoft.ConvTransposeWithDynamicPads': convTransposeWithDynamicPads,
  'com.microsoft.FusedConv': fusedConv,
  'com.microsoft.FusedGemm': fusedGemm,
  'com.microsoft.FusedMatMul': fusedMatMul,
  'com.microsoft.FusedMatMulActivation': fusedMatMul,
  'com.microsoft.GemmFastGelu': gemmFastGelu,
  'com.microsoft.GridSample': gridSample,
  'com.microsoft.NhwcMaxPool': nhwcMaxPool,
  'com.microsoft.TransposeMatMul': fusedMatMul,
  'com.microsoft.Trilu': renamed('Trilu'),
};
