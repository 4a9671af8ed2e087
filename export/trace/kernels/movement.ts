/** @file Kernels that move elements: transposition, reshaping, joining, padding, repetition, gathering. */
import { broadcastShapes } from '@robenc/shared/graph/dim.js';
import { RobencError } from '@robenc/shared/errors.js';
import { ARRAY_OF, type Dim, type Value } from '@robenc/shared/graph/value.js';
import type { Kernel, KernelCall } from '../kernel.js';
import { reshaped } from '../reshape.js';
import { inOrder, inverse, traced, type Traced } from '../traced.js';

/** No node: only the order of axes changes. A value of rank 0 has no order. */
function transposed(call: KernelCall): Traced {
  const x = call.input('x');
  const order = call.numbers('perm');
  return { value: x.value, perm: x.perm.length === 0 ? [] : order.map((axis) => x.perm[axis]!), shape: order.map((axis) => x.shape[axis]!) };
}

/** Tensors side by side along an axis, in the layout of the first. */
function joined(call: KernelCall, tensors: readonly Traced[], axis: number): Traced {
  if (tensors.length === 1) return tensors[0]!;
  const { perm } = call.context.full(tensors.find((t) => t.perm.length > 0) ?? tensors[0]!);
  return traced(
    call.g.node(
      'Concat',
      tensors.map((t) => call.context.laidOut(t, perm)),
      { axis: perm[axis]! },
    ),
    perm,
  );
}

function withAxis(call: KernelCall, t: Traced, axis: number): Traced {
  return reshaped(call.context, t, [...t.shape.slice(0, axis), 1, ...t.shape.slice(axis)]);
}

/** Repetition along axes of size 1 is left to broadcasting; the rest is a Tile. */
function tiled(call: KernelCall): Traced {
  const x = call.input('x');
  const times = call.sizes('reps');
  if (x.shape.every((dim, i) => dim === 1 || times[i] === 1)) {
    const shape = broadcastShapes(x.shape, times)!;
    return x.perm.length === 0 ? { ...x, shape } : { value: x.value, perm: x.perm, shape };
  }
  const full = call.context.full(x);
  return traced(call.g.node('Tile', [full.value, call.context.sizes(inverse(full.perm).map((axis) => times[axis]!))]), full.perm);
}

/** [before, after] for each axis as tfjs counts them. */
function paddingsOf(call: KernelCall): [number, number][] {
  const given = call.raw('paddings') as readonly (readonly [Dim, Dim])[];
  return given.map(([before, after]) => [call.context.fixed(before, `A padding of ${call.name}`), call.context.fixed(after, `A padding of ${call.name}`)]);
}

function padded(call: KernelCall): Traced {
  const x = call.context.full(call.input('x'));
  const paddings = paddingsOf(call);
  const places = inverse(x.perm);
  const pads = [...places.map((axis) => paddings[axis]![0]), ...places.map((axis) => paddings[axis]![1])];
  const value = call.g.node('Pad', [x.value, call.g.ints(pads), call.g.scalarLike(call.number('constantValue', 0), x.value)], { mode: 'constant' });
  return traced(value, x.perm);
}

/** Elements along one axis, by index. */
function taken(call: KernelCall, t: Traced, axis: number, indices: readonly number[]): Traced {
  const list = call.g.constant({ dtype: 'int64', shape: [indices.length], data: BigInt64Array.from(indices, BigInt) });
  return traced(call.g.node('Gather', [t.value, list], { axis: t.perm[axis]! }), t.perm);
}

/** Padding with what lies mirrored inside: `reflect` without repeating the edge, `symmetric` with it. */
function mirrored(call: KernelCall): Traced {
  const edge = call.text('mode') === 'reflect' ? 0 : 1;
  return paddingsOf(call).reduce(
    (t, [before, after], axis) => {
      if (before === 0 && after === 0) return t;
      const size = call.context.fixed(t.shape[axis]!, 'A mirrored size');
      const indices = inOrder(before + size + after).map((i) => {
        const at = i - before;
        return at < 0 ? -at - edge : at >= size ? 2 * size - 2 + edge - at : at;
      });
      return taken(call, t, axis, indices);
    },
    call.context.full(call.input('x')),
  );
}

function reversed(call: KernelCall): Traced {
  const x = call.context.full(call.input('x'));
  return call.axes('dims', x.shape.length).reduce((t, axis) => {
    const size = call.context.fixed(t.shape[axis]!, 'A reversed size');
    return taken(
      call,
      t,
      axis,
      inOrder(size).map((i) => size - 1 - i),
    );
  }, x);
}

function gathered(call: KernelCall): Traced {
  if (call.number('batchDims', 0) !== 0)
    throw new RobencError('unsupported', 'GatherV2: gathering with batchDims cannot be traced. Use tf.oneHot and a product instead.');
  const { context, g } = call;
  const x = context.full(call.input('x'));
  const [axis] = call.axes('axis', x.shape.length) as [number];
  const value = g.node('Gather', [context.plain(x), g.cast(context.plain(call.input('indices')), 'int64')], { axis });
  return traced(value);
}

/** Sums rows with equal ids: the product of the ids as one-hot columns with the rows. */
function segmentSum(call: KernelCall): Traced {
  const { context, g } = call;
  const [x, ids] = [call.input('x'), call.input('segmentIds')];
  if (ids.shape.length !== 1)
    throw new RobencError('unsupported', `UnsortedSegmentSum: ids of shape [${ids.shape.join(',')}] cannot be traced. Flatten them first.`);
  const count = call.number('numSegments');
  const segments = g.constant({ dtype: 'int32', shape: [count, 1], data: ARRAY_OF.int32.from(inOrder(count)) });
  const member: Value = g.cast(g.node('Equal', [segments, g.cast(context.plain(ids), 'int32')]), x.value.type.dtype);
  const rows = context.plain(reshaped(context, x, [x.shape[0]!, -1]));
  return reshaped(context, traced(g.node('MatMul', [member, rows])), [count, ...x.shape.slice(1)]);
}

export const movement: readonly Kernel[] = [
  { name: 'Transpose', emit: transposed },
  { name: 'Reshape', emit: (call) => reshaped(call.context, call.input('x'), call.sizes('shape')) },
  {
    name: 'ExpandDims',
    emit: (call) => {
      const x = call.input('input');
      const [axis] = call.axes('dim', x.shape.length + 1) as [number];
      return withAxis(call, x, axis);
    },
  },
  {
    name: 'Concat',
    emit: (call) => {
      const tensors = call.list();
      const rank = tensors[0]!.shape.length;
      // tfjs leaves empty tensors in its lists; they add nothing.
      const filled = tensors.filter((t) => !t.shape.includes(0));
      return joined(call, filled.length > 0 ? filled : tensors.slice(0, 1), call.axes('axis', rank)[0]!);
    },
  },
  {
    name: 'Pack',
    emit: (call) => {
      const tensors = call.list();
      const [axis] = call.axes('axis', tensors[0]!.shape.length + 1) as [number];
      return joined(
        call,
        tensors.map((t) => withAxis(call, t, axis)),
        axis,
      );
    },
  },
  { name: 'Tile', emit: tiled },
  { name: 'PadV2', emit: padded },
  { name: 'MirrorPad', emit: mirrored },
  { name: 'Reverse', emit: reversed },
  { name: 'GatherV2', emit: gathered },
  { name: 'UnsortedSegmentSum', emit: segmentSum },
];
