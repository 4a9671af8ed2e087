/** @file Kernels that exchange blocks of space with channels or with the batch. Networks that were frozen write dilated convolutions in this way. */
import { multiply } from '@robenc/shared/graph/dim.js';
import type { Dim } from '@robenc/shared/graph/value.js';
import type { Kernel, KernelCall } from '../kernel.js';
import { reshaped } from '../reshape.js';
import { CHANNELS_FIRST, traced, type Traced } from '../traced.js';

/** [before, after] for each axis of space. */
function margins(call: KernelCall, name: string): (readonly [number, number])[] {
  const given = call.raw(name) as readonly (readonly [Dim, Dim])[];
  return given.map(([before, after]) => [call.context.fixed(before, `${name} of ${call.name}`), call.context.fixed(after, `${name} of ${call.name}`)]);
}

function permuted(t: Traced, order: readonly number[]): Traced {
  return { value: t.value, perm: order.map((axis) => t.perm[axis]!), shape: order.map((axis) => t.shape[axis]!) };
}

/** [n, s₁, …, rest] with zeros around it → [n·Πb, s₁/b₁, …, rest]. */
function spaceToBatch(call: KernelCall): Traced {
  const { context, g } = call;
  const blocks = call.numbers('blockShape');
  const x = context.plain(call.input('x'));
  const rank = x.type.shape.length;
  const pads = new Array<number>(2 * rank).fill(0);
  for (const [i, [before, after]] of margins(call, 'paddings').entries()) [pads[i + 1], pads[rank + i + 1]] = [before, after];
  const padded = traced(pads.every((size) => size === 0) ? x : g.node('Pad', [x, g.ints(pads), g.scalarLike(0, x)]));
  const [batch, ...others] = padded.shape;
  const space = others.slice(0, blocks.length).map((size) => context.fixed(size, `A size of ${call.name}`));
  const rest = others.slice(blocks.length);
  const split = reshaped(context, padded, [batch!, ...space.flatMap((size, i) => [size / blocks[i]!, blocks[i]!]), ...rest]);
  const m = blocks.length;
  const order = [...blocks.map((_, i) => 2 * i + 2), 0, ...blocks.map((_, i) => 2 * i + 1), ...rest.map((_, i) => 2 * m + 1 + i)];
  const count = blocks.reduce((product, block) => product * block, 1);
  return reshaped(context, permuted(context.full(split), order), [multiply(batch!, count), ...space.map((size, i) => size / blocks[i]!), ...rest]);
}

/** The way back, with the margins cut off. The batch of the result is a part of that of the input. */
function batchToSpace(call: KernelCall): Traced {
  const { context, g } = call;
  const blocks = call.numbers('blockShape');
  const x = context.full(call.input('x'));
  const [, ...others] = x.shape;
  const space = others.slice(0, blocks.length).map((size) => context.fixed(size, `A size of ${call.name}`));
  const rest = others.slice(blocks.length);
  const m = blocks.length;
  const split = reshaped(context, x, [...blocks, -1, ...space, ...rest]);
  const order = [m, ...blocks.flatMap((_, i) => [m + 1 + i, i]), ...rest.map((_, i) => 2 * m + 1 + i)];
  const whole = reshaped(context, permuted(context.full(split), order), [split.shape[m]!, ...space.map((size, i) => size * blocks[i]!), ...rest]);
  const crops = margins(call, 'crops');
  if (crops.every(([before, after]) => before === 0 && after === 0)) return whole;
  const starts = g.ints(crops.map(([before]) => before));
  const ends = g.ints(crops.map(([, after], i) => space[i]! * blocks[i]! - after));
  return traced(g.node('Slice', [context.plain(whole), starts, ends, g.ints(crops.map((_, i) => i + 1))]));
}

export const blocks: readonly Kernel[] = [
  { name: 'SpaceToBatchND', emit: spaceToBatch },
  { name: 'BatchToSpaceND', emit: batchToSpace },
  {
    name: 'DepthToSpace',
    emit: (call) => {
      const x = call.context.laidOut(call.input('x'), CHANNELS_FIRST);
      return traced(call.g.node('DepthToSpace', [x], { blocksize: call.number('blockSize'), mode: 'DCR' }), CHANNELS_FIRST);
    },
  },
];
