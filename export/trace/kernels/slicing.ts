/** @file Kernels that cut: slices, strided slices, splitting, unpacking. */
import * as tf from '@tensorflow/tfjs';
import type { Dim } from '@robenc/shared/graph/value.js';
import type { Kernel, KernelCall } from '../kernel.js';
import { reshaped } from '../reshape.js';
import { traced, type Traced } from '../traced.js';

interface Cut {
  readonly axis: number;
  readonly begin: Dim;
  readonly end: Dim;
  readonly step?: number;
}

/** The part of `t` from begin to end (not included) along some axes, in its own layout. */
function cut(call: KernelCall, t: Traced, cuts: readonly Cut[]): Traced {
  const needed = cuts.filter(({ axis, begin, end, step = 1 }) => begin !== 0 || end !== t.shape[axis] || step !== 1);
  if (needed.length === 0) return t;
  const { g, context } = call;
  const full = context.full(t);
  const list = (pick: (one: Cut) => Dim) => context.sizes(needed.map(pick));
  const inputs = [full.value, list((one) => one.begin), list((one) => one.end), list((one) => full.perm[one.axis]!), list((one) => one.step ?? 1)];
  return traced(g.node('Slice', inputs), full.perm);
}

function sliced(call: KernelCall): Traced {
  const x = call.input('x');
  const begin = call.sizes('begin');
  const size = call.sizes('size');
  return cut(
    call,
    x,
    begin.map((from, axis) => {
      const count = size[axis]!;
      const end = count === -1 ? x.shape[axis]! : from === 0 ? count : call.context.fixed(from, 'begin of Slice') + call.context.fixed(count, 'size of Slice');
      return { axis, begin: from, end };
    }),
  );
}

/** Past this, ONNX reads "up to and including the first" for a negative step. */
const BEFORE_FIRST = -2147483648;

function stridedSliced(call: KernelCall): Traced {
  const x = call.input('x');
  const list = (name: string) => call.context.numbersOf(call.sizes(name));
  const info = tf.slice_util.sliceInfo(
    call.context.numbersOf(x.shape),
    list('begin'),
    list('end'),
    call.numbers('strides'),
    call.number('beginMask', 0),
    call.number('endMask', 0),
    call.number('ellipsisMask', 0),
    call.number('newAxisMask', 0),
    call.number('shrinkAxisMask', 0),
  );
  const { begin, end, shape } = call.context.free.step('a strided slice', { begin: info.begin, end: info.end, shape: info.finalShape });
  const part = cut(
    call,
    x,
    begin.map((from, axis) => {
      const step = info.strides[axis]!;
      return { axis, begin: from, end: step < 0 && Number(end[axis]) < 0 ? BEFORE_FIRST : end[axis]!, step };
    }),
  );
  return reshaped(call.context, part, shape);
}

/** Consecutive parts of the given sizes along one axis. */
function split(call: KernelCall, t: Traced, axis: number, sizes: readonly Dim[]): Traced[] {
  if (sizes.length === 1) return [t];
  const full = call.context.full(t);
  const outputs = call.g.nodeOutputs('Split', [full.value, call.context.sizes(sizes)], { axis: full.perm[axis]! }, { outputs: sizes.length });
  return outputs.map((output) => traced(output, full.perm));
}

/** Sizes as asked for: a number of equal parts, or a list in which one may be -1 for the rest. */
function partSizes(call: KernelCall, x: Traced, axis: number): number[] {
  const asked = call.context.numbersOf(call.sizes('numOrSizeSplits'));
  const whole = call.context.free.numberOf(x.shape[axis]!);
  if (typeof call.raw('numOrSizeSplits') === 'number') return new Array<number>(asked[0]!).fill(whole / asked[0]!);
  const rest = whole - asked.reduce((sum, size) => sum + Math.max(0, size), 0);
  return asked.map((size) => (size === -1 ? rest : size));
}

export const slicing: readonly Kernel[] = [
  { name: 'Slice', emit: sliced },
  { name: 'StridedSlice', emit: stridedSliced },
  {
    name: 'SplitV',
    emit: (call) => {
      const x = call.input('x');
      const [axis] = call.axes('axis', x.shape.length) as [number];
      return split(call, x, axis, call.context.free.step('the sizes of a split', partSizes(call, x, axis)));
    },
  },
  {
    name: 'Unpack',
    emit: (call) => {
      const x = call.input('value');
      const [axis] = call.axes('axis', x.shape.length) as [number];
      const count = call.context.fixed(x.shape[axis]!, 'The number of unpacked tensors');
      const parts = split(call, x, axis, new Array<number>(count).fill(1));
      return parts.map((part) =>
        reshaped(
          call.context,
          part,
          x.shape.filter((_, i) => i !== axis),
        ),
      );
    },
  },
];
