/** @file Reductions over axes, softmax, and the position of the greatest. */
import type { Value } from '@robenc/shared/graph/value.js';
import type { Kernel, KernelCall } from '../kernel.js';
import { traced, type Traced } from '../traced.js';

/** Drops the logical axes `dropped` from an order of axes. */
function without(perm: readonly number[], dropped: readonly number[]): number[] {
  const kept = perm.filter((_, axis) => !dropped.includes(axis));
  const places = [...kept].sort((a, b) => a - b);
  return kept.map((axis) => places.indexOf(axis));
}

/** Reduces `t` over axes as tfjs counts them, in whatever layout it has. */
function reduced(call: KernelCall, t: Traced, op: string, axes: readonly number[], keep: boolean): Traced {
  const { value, perm } = call.context.full(t);
  if (axes.length === 0) return t;
  const places = axes.map((axis) => perm[axis]!).sort((a, b) => a - b);
  const inputs = [value, call.g.ints(places)];
  return traced(call.g.node(op, inputs, { keepdims: keep ? 1 : 0 }), keep ? perm : without(perm, axes));
}

function over(name: string, op: string, prepare: (call: KernelCall, x: Value) => Value = (_, x) => x, attr = 'axis'): Kernel {
  return {
    name,
    emit: (call) => {
      const x = call.elementwise([call.input('x')], (value) => prepare(call, value));
      return reduced(call, x, op, call.axes(attr, x.shape.length), call.flag('keepDims'));
    },
  };
}

const asFloat = (call: KernelCall, x: Value): Value => call.g.cast(x, 'float32');
const asNumber = (call: KernelCall, x: Value): Value => (x.type.dtype === 'bool' ? call.g.cast(x, 'int32') : x);

/** All and Any: the least or greatest of the booleans as numbers. */
function logical(name: string, op: string): Kernel {
  const { emit } = over(name, op, asNumber);
  return { name, emit: (call) => call.elementwise([emit(call) as Traced], (x) => call.g.cast(x, 'bool')) };
}

/** The index of the least or greatest along one axis, the first where several are equal. */
function position(name: string): Kernel {
  return {
    name,
    emit: (call) => {
      const x = call.context.full(call.input('x'));
      const [axis] = call.axes('axis', x.shape.length) as [number];
      const index = call.g.node(name, [x.value], { axis: x.perm[axis]!, keepdims: 0 });
      return traced(call.g.cast(index, 'int32'), without(x.perm, [axis]));
    },
  };
}

export const reduction: readonly Kernel[] = [
  over('Sum', 'ReduceSum', asNumber),
  over('Mean', 'ReduceMean', asFloat),
  over('Max', 'ReduceMax', undefined, 'reductionIndices'),
  over('Min', 'ReduceMin'),
  over('Prod', 'ReduceProd', asNumber),
  logical('All', 'ReduceMin'),
  logical('Any', 'ReduceMax'),
  position('ArgMax'),
  position('ArgMin'),
  {
    name: 'Softmax',
    emit: (call) => {
      const logits = call.context.full(call.input('logits'));
      const [axis] = call.axes('dim', logits.shape.length) as [number];
      return traced(call.g.node('Softmax', [logits.value], { axis: logits.perm[axis]! }), logits.perm);
    },
  },
];
