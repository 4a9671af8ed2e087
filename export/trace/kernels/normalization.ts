/** @file Batch normalisation with given statistics. */
import { RobencError } from '@robenc/shared/errors.js';
import type { Kernel, KernelCall } from '../kernel.js';
import { CHANNELS_FIRST, inOrder, traced, type Traced } from '../traced.js';

/** Whether a tensor comes straight from an input or a constant, one number a channel. */
function isGiven(t: Traced): boolean {
  return t.value.node === null && t.value.type.shape.length === 1;
}

/**
 * y = (x - mean) scale / √(variance + ε) + offset over the last axis. With given statistics it is one BatchNormalization node,
 * which runtimes fold into the convolution before it; statistics computed from x take the formula, which has the whole gradient.
 */
function normalized(call: KernelCall): Traced {
  const { g, context } = call;
  const x = call.input('x');
  const [mean, variance] = [call.input('mean'), call.input('variance')];
  if (mean.shape.includes(0))
    throw new RobencError(
      'unsupported',
      'FusedBatchNorm: a batch norm in training mode (without statistics; Keras writes LayerNormalization so) cannot be traced, and TensorFlow.js itself answers NaN. Convert the model with the normalisation written out.',
    );
  const epsilon = call.number('varianceEpsilon');
  const rank = x.shape.length;
  if (call.has('scale') && call.has('offset')) {
    const [scale, offset] = [call.input('scale'), call.input('offset')];
    if ((rank === 2 || rank === 4) && [mean, variance, scale, offset].every(isGiven)) {
      const layout = rank === 4 ? CHANNELS_FIRST : inOrder(2);
      return traced(g.node('BatchNormalization', [context.laidOut(x, layout), scale.value, offset.value, mean.value, variance.value], { epsilon }), layout);
    }
  }
  const inverse = call.elementwise([variance], (v) => g.node('Reciprocal', [g.node('Sqrt', [g.add(v, g.scalarLike(epsilon, v))])]));
  const factor = call.has('scale') ? call.elementwise([inverse, call.input('scale')], (a, b) => g.mul(a, b)) : inverse;
  const centred = call.elementwise([x, mean], (a, b) => g.sub(a, b));
  const scaled = call.elementwise([centred, factor], (a, b) => g.mul(a, b));
  return call.has('offset') ? call.elementwise([scaled, call.input('offset')], (a, b) => g.add(a, b)) : scaled;
}

export const normalization: readonly Kernel[] = [{ name: 'FusedBatchNorm', emit: normalized }];
