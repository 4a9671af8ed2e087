/** @file Tensors made from attributes: filled, counted, one-hot. */
import { ARRAY_OF, type Dim, type DType } from '@robenc/shared/graph/value.js';
import type { Kernel, KernelCall } from '../kernel.js';
import { inOrder, uniform, type Traced } from '../traced.js';
import { reshaped } from '../reshape.js';

function filled(call: KernelCall, value: number, shape: readonly Dim[], dtype: DType): Traced {
  const data = dtype === 'int32' || dtype === 'bool' ? ARRAY_OF[dtype].of(value) : Float32Array.of(value);
  return uniform(call.g.constant({ dtype, shape: [], data }), shape);
}

/** A list of numbers known now. */
function listed(call: KernelCall, numbers: readonly number[], dtype: 'float32' | 'int32'): Traced {
  return call.context.constant({ dtype, shape: [numbers.length], data: ARRAY_OF[dtype].from(numbers) });
}

function like(name: string, value: number): Kernel {
  return { name, emit: (call) => filled(call, value, call.input('x').shape, call.input('x').value.type.dtype) };
}

/** Numbers from start up to (not including) stop. */
function range(call: KernelCall): Traced {
  const [start, stop, step] = [call.number('start'), call.number('stop'), call.number('step', 1)];
  const count = Math.max(0, Math.ceil((stop - start) / step));
  return listed(
    call,
    inOrder(count).map((i) => start + i * step),
    call.text('dtype') === 'int32' ? 'int32' : 'float32',
  );
}

/** `num` numbers from start to stop, both included. */
function linSpace(call: KernelCall): Traced {
  const [start, stop, num] = [call.number('start'), call.number('stop'), call.number('num')];
  return listed(
    call,
    inOrder(num).map((i) => start + (i * (stop - start)) / Math.max(1, num - 1)),
    'float32',
  );
}

/** on where the index equals the place along a new last axis, off elsewhere. */
function oneHot(call: KernelCall): Traced {
  const { g } = call;
  const indices = call.input('indices');
  const places = listed(call, inOrder(call.number('depth')), 'int32');
  const dtype = (call.text('dtype') ?? 'int32') as DType;
  const [on, off] = [filled(call, call.number('onValue'), [], dtype), filled(call, call.number('offValue'), [], dtype)];
  const column = reshaped(call.context, indices, [...indices.shape, 1]);
  const hit = call.elementwise([column, places], (a, b) => g.node('Equal', [g.cast(a, 'int32'), b]));
  return call.elementwise([hit, on, off], (...values) => g.node('Where', values));
}

export const creation: readonly Kernel[] = [
  { name: 'Fill', emit: (call) => filled(call, call.number('value'), call.sizes('shape'), (call.text('dtype') ?? 'float32') as DType) },
  like('ZerosLike', 0),
  like('OnesLike', 1),
  { name: 'Range', emit: range },
  { name: 'LinSpace', emit: linSpace },
  { name: 'OneHot', emit: oneHot },
];
