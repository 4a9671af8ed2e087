/** @file Kernels that sum over named axes, run along one, or pick by order or position. */
import { RobencError } from '@robenc/shared/errors.js';
import type { Kernel, KernelCall } from '../kernel.js';
import { CHANNELS_FIRST, traced, type Traced } from '../traced.js';

/** The greatest along the last axis, in falling order, and where they are. */
function greatest(call: KernelCall): Traced[] {
  const { g, context } = call;
  const x = context.plain(call.input('x'));
  const [values, places] = g.nodeOutputs('TopK', [x, g.ints([call.number('k')])], { axis: -1, largest: 1, sorted: 1 }, { outputs: 2 }) as [typeof x, typeof x];
  return [traced(values), traced(g.cast(places, 'int32'))];
}

function cumulated(call: KernelCall): Traced {
  const { g } = call;
  const x = call.context.full(call.input('x'));
  const [axis] = call.axes('axis', x.shape.length) as [number];
  const place = g.constant({ dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(x.perm[axis]!)) });
  return traced(g.node('CumSum', [x.value, place], { exclusive: call.flag('exclusive') ? 1 : 0, reverse: call.flag('reverse') ? 1 : 0 }), x.perm);
}

/** Over a window of 2r+1 channels: y = x / (bias + α Σ x²)^β. ONNX divides its alpha by the size of the window. */
function localResponse(call: KernelCall): Traced {
  const size = 2 * call.number('depthRadius') + 1;
  const x = call.context.laidOut(call.input('x'), CHANNELS_FIRST);
  const attrs = { size, alpha: call.number('alpha') * size, beta: call.number('beta'), bias: call.number('bias') };
  return traced(call.g.node('LRN', [x], attrs), CHANNELS_FIRST);
}

function einsum(call: KernelCall): Traced {
  const equation = call.text('equation');
  if (equation === undefined || equation.includes('.'))
    throw new RobencError('unsupported', `Einsum "${equation ?? ''}": an ellipsis cannot be traced. Name all axes.`);
  return traced(
    call.g.node(
      'Einsum',
      call.list().map((t) => call.context.plain(t)),
      { equation: equation.replaceAll(' ', '') },
    ),
  );
}

function pickedByPosition(call: KernelCall): Traced {
  const { g, context } = call;
  const places = g.cast(context.plain(call.input('indices')), 'int64');
  return traced(g.node('GatherND', [context.plain(call.input('params')), places]));
}

/** Elements between the greatest and the least finite number. */
const finite = (call: KernelCall): Traced =>
  call.elementwise([call.input('x')], (x) => call.g.node('Not', [call.g.node('Or', [call.g.node('IsNaN', [x]), call.g.node('IsInf', [x])])]));

export const selection: readonly Kernel[] = [
  { name: 'Einsum', emit: einsum },
  { name: 'TopK', emit: greatest },
  { name: 'GatherNd', emit: pickedByPosition },
  { name: 'Cumsum', emit: cumulated },
  { name: 'LRN', emit: localResponse },
  { name: 'IsNan', emit: (call) => call.elementwise([call.input('x')], (x) => call.g.node('IsNaN', [x])) },
  { name: 'IsInf', emit: (call) => call.elementwise([call.input('x')], (x) => call.g.node('IsInf', [x])) },
  { name: 'IsFinite', emit: finite },
];
