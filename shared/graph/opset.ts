/** @file Upgrades nodes of older and newer operator sets to the forms that robenc works with, those of opset 20. */
import type { GraphBuilder } from './builder.js';
import { decompositions } from './decompose.js';
import { fusions } from './fusions/index.js';
import { recurrent } from './recurrent-layout.js';
import { constantNumbers, emit, floatList, input, listInput, refuse, scalarInput, without, type ImportedNode, type Upgrade } from './imported.js';
import type { Attrs, DType, Value } from './value.js';
import { dtypeName, dtypeOf } from '../proto/dtypes.js';

/** The operator sets that can be read. */
export const READ = { oldest: 7, newest: 26 } as const;

/** Reductions took their axes as an attribute before `version`. */
const reductionBefore =
  (version: number): Upgrade =>
  (g, node) => {
    if (node.opset >= version) return emit(g, node, { attrs: { keepdims: 1, ...node.attrs } });
    const axes = listInput(g, node, 'axes');
    return emit(g, node, { inputs: axes ? [input(node, 0), axes] : [input(node, 0)], attrs: { keepdims: 1, ...without(node.attrs, 'axes') } });
  };

/** Squeeze, Unsqueeze: axes as an attribute before 13. */
const axesAttribute: Upgrade = (g, node) => {
  const axes = node.opset < 13 ? listInput(g, node, 'axes') : null;
  return emit(g, node, axes ? { inputs: [input(node, 0), axes], attrs: without(node.attrs, 'axes') } : {});
};

/** Before 13 the axes from `axis` (1 by default) on counted as one. */
const softmax: Upgrade = (g, node) => {
  const x = input(node, 0);
  const axis = typeof node.attrs['axis'] === 'number' ? node.attrs['axis'] : node.opset < 13 ? 1 : -1;
  const rank = x.type.shape.length;
  if (node.opset >= 13 || axis === rank - 1 || axis === -1) return emit(g, node, { attrs: { axis } });
  const rows = g.node('Flatten', [x], { axis });
  return emit(g, { ...node, op: 'Reshape' }, { inputs: [g.node(node.op, [rows], { axis: -1 }), g.node('Shape', [x])], attrs: {} });
};

/** min and max were attributes before 11. */
const clip: Upgrade = (g, node) => {
  if (node.opset >= 11) return emit(g, node);
  return emit(g, node, { inputs: [input(node, 0), scalarInput(g, node, 'min', null), scalarInput(g, node, 'max', null)], attrs: {} });
};

/** Identity outside training mode, where the mask is all true. */
const dropout: Upgrade = (g, node) => {
  const x = input(node, 0);
  const mode = node.opset >= 12 ? node.inputs[2] : null;
  if (mode && constantNumbers(node, 2)?.[0] !== 0) return emit(g, node);
  const y = emit(g, node, { op: 'Identity', inputs: [x], attrs: {}, outputs: 1 })[0]!;
  if (!node.outputNames[1]) return [y];
  const yes = g.constant({ dtype: 'bool', shape: [], data: Uint8Array.of(1) });
  return [y, g.node('Expand', [yes, g.node('Shape', [x])])];
};

/** Outputs beyond the first were kept for training before 14, and inference used none of them. */
const batchNormalization: Upgrade = (g, node) => {
  if (node.attrs['spatial'] === 0) refuse(node, 'statistics for each place (spatial 0) are not supported. Export with opset 9 or later.');
  const attrs = without(node.attrs, 'spatial', 'is_test', 'consumed_inputs');
  if (node.opset < 14 && node.outputNames.slice(1).some((name) => name !== ''))
    refuse(node, 'training mode of opset 13 and older is not supported. Export the model for inference.');
  return emit(g, node, node.attrs['training_mode'] === 1 ? { attrs, outputs: 3 } : { attrs, outputs: 1 });
};

const cast: Upgrade = (g, node) => {
  const code = node.attrs['to'] as number;
  const to = dtypeOf(code);
  if (!to) refuse(node, `there is no element type ${dtypeName(code)} in robenc.`);
  return emit(g, node, { attrs: { to } });
};

const castLike: Upgrade = (g, node) => emit(g, node, { op: 'Cast', inputs: [input(node, 0)], attrs: { to: input(node, 1).type.dtype satisfies DType } });

/** starts, ends and axes were attributes before 10. */
const slice: Upgrade = (g, node) => {
  if (node.opset >= 10) return emit(g, node);
  return emit(g, node, { inputs: [input(node, 0), listInput(g, node, 'starts'), listInput(g, node, 'ends'), listInput(g, node, 'axes')], attrs: {} });
};

/** pads and value were attributes before 11. */
const pad: Upgrade = (g, node) => {
  const mode: Attrs = { mode: (node.attrs['mode'] as string | undefined) ?? 'constant' };
  if (node.opset >= 11) return emit(g, node, { attrs: mode });
  return emit(g, node, { inputs: [input(node, 0), listInput(g, node, 'pads'), scalarInput(g, node, 'value', 0)], attrs: mode });
};

/** The sizes were an attribute before 13; without them the parts are equal. */
/** Consecutive parts of a list. */
function slicesOf(g: GraphBuilder, list: Value, sizes: readonly number[]): Value[] {
  const ends = sizes.map((_, i) => sizes.slice(0, i + 1).reduce((a, b) => a + b, 0));
  return sizes.map((size, i) => g.node('Slice', [list, g.ints([ends[i]! - size]), g.ints([ends[i]!]), g.ints([0])]));
}

const split: Upgrade = (g, node) => {
  const attrs = without(node.attrs, 'split', 'num_outputs');
  const sizes = node.opset < 13 ? listInput(g, node, 'split') : (node.inputs[1] ?? null);
  const outputs = node.outputNames.length;
  const [x] = node.inputs;
  // Parts of a list of sizes are slices, through which sizes are followed: so optimisers write several Gathers of one shape.
  if (x?.known && sizes?.known && x.type.shape.length === 1) return slicesOf(g, x, sizes.known.map(Number));
  if (sizes) return emit(g, node, { inputs: [input(node, 0), sizes], attrs, outputs });
  return emit(g, node, { inputs: [input(node, 0)], attrs: { ...attrs, num_outputs: outputs }, outputs });
};

/** k was an attribute before 10. */
const topK: Upgrade = (g, node) => {
  if (node.opset >= 10) return emit(g, node, { outputs: 2 });
  return emit(g, node, { inputs: [input(node, 0), g.ints([node.attrs['k'] as number])], attrs: without(node.attrs, 'k'), outputs: 2 });
};

/** Of Resize's optional inputs, empty lists stand for absent ones. Opset 10 and Upsample take every place from the one that it lies on. */
const resize: Upgrade = (g, node) => {
  const asymmetric: Attrs = {
    mode: (node.attrs['mode'] as string | undefined) ?? 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  };
  if (node.op === 'Upsample' || node.opset < 11) {
    const scales = node.opset < 9 ? floatList(g, node.attrs['scales'] as readonly number[]) : input(node, 1);
    return emit(g, node, { op: 'Resize', inputs: [input(node, 0), null, scales], attrs: asymmetric });
  }
  const given = (i: number): Value | null => {
    const value = node.inputs[i] ?? null;
    return value?.type.shape[0] === 0 ? null : value;
  };
  const cropped = node.attrs['coordinate_transformation_mode'] === 'tf_crop_and_resize';
  return emit(g, node, { inputs: [input(node, 0), cropped ? given(1) : null, given(2), given(3)] });
};

const same: Upgrade = (g, node) => emit(g, node);
const renamed =
  (op: string): Upgrade =>
  (g, node) =>
    emit(g, node, { op });

const UPGRADES: Readonly<Record<string, Upgrade>> = {
  ...decompositions,
  ...fusions,
  ...recurrent,
  BatchNormalization: batchNormalization,
  Cast: cast,
  CastLike: castLike,
  Clip: clip,
  Dropout: dropout,
  Hardmax: softmax,
  LogSoftmax: softmax,
  Pad: pad,
  Resize: resize,
  Scatter: renamed('ScatterElements'),
  Slice: slice,
  Softmax: softmax,
  Split: split,
  Squeeze: axesAttribute,
  TopK: topK,
  Unsqueeze: axesAttribute,
  Upsample: resize,
  ReduceSum: reductionBefore(13),
  ...Object.fromEntries(['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'SumSquare'].map((kind) => [`Reduce${kind}`, reductionBefore(18)])),
};

/** The outputs of a node of the file, made with the operators of opset 20. */
export function upgrade(g: GraphBuilder, node: ImportedNode): readonly Value[] {
  return (UPGRADES[qualified(node.op, node.domain)] ?? same)(g, node);
}

/** Domain and name of all operators that are made of others. */
export function takenApart(): string[] {
  return [...Object.keys(decompositions), ...Object.keys(fusions), 'CastLike', 'Scatter', 'Upsample'];
}

/** Whether there is a rule that makes this operator out of others. */
export function isUpgraded(op: string, domain: string): boolean {
  return Object.hasOwn(UPGRADES, qualified(op, domain));
}

const qualified = (op: string, domain: string): string => (domain ? `${domain}.${op}` : op);
