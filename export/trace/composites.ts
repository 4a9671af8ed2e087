/** @file The composite operations that become nodes of their own when traced. */
import { copyInto } from '@robenc/shared/graph/copy.js';
import { table } from '@robenc/shared/table.js';
import type { CompositeCall } from './composite.js';
import type { TraceContext } from './context.js';
import { CHANNELS_FIRST, inOrder, traced, type Traced } from './traced.js';

interface Composite {
  readonly name: string;
  readonly emit: (context: TraceContext, inputs: readonly Traced[], call: CompositeCall) => readonly Traced[];
}

/** y, mean and biased variance of a batch x [n, h, w, c] or [n, c] with gamma and beta [c]. */
const batchNormTrain: Composite = {
  name: 'BatchNormTrain',
  emit: (context, [x, gamma, beta], { attrs }) => {
    const { g } = context;
    const layout = x!.shape.length === 4 ? CHANNELS_FIRST : inOrder(x!.shape.length);
    // Momentum 0 makes the "updated running statistics" those of the batch, whatever the running ones were. ONNX Runtime writes them over the running
    // ones in place, constants too, so each node needs two vectors of its own: zeros that the graph computes from beta and gamma.
    const [scale, shift] = [context.plain(gamma!), context.plain(beta!)];
    const running = [g.mul(shift, g.scalar(0)), g.mul(scale, g.scalar(0))];
    const inputs = [context.laidOut(x!, layout), scale, shift, ...running];
    const [y, mean, variance] = g.nodeOutputs(
      'BatchNormalization',
      inputs,
      { epsilon: attrs['epsilon'] as number, momentum: 0, training_mode: 1 },
      { outputs: 3 },
    );
    return [traced(y!, layout), traced(mean!), traced(variance!)];
  },
};

/** Log-determinants [n] and inverses [n, b, b] of symmetric positive definite A [n, b, b]. */
const logDetInverse: Composite = {
  name: 'LogDetInverse',
  emit: (context, [a]) => context.g.nodeOutputs('LogDetInverse', [context.plain(a!)], {}, { domain: 'robenc', outputs: 2 }).map((value) => traced(value)),
};

/** A whole graph of other origin: images [n, h, w, 3] to its input of images [n, 3, h, w], the other inputs by their order. */
const onnxModel: Composite = {
  name: 'OnnxModel',
  emit: (context, [images, ...others], { graph }) => {
    const values = [context.laidOut(images!, CHANNELS_FIRST), ...others.map((one) => context.plain(one))];
    const inputs = Object.fromEntries(graph!.inputs.map(({ name }, i) => [name, values[i]!]));
    const { outputs } = copyInto(context.g, graph!, { inputs });
    return graph!.outputs.map(({ name }) => traced(outputs[name]!));
  },
};

export const composites = table<Composite>('composite operation', [batchNormTrain, logDetInverse, onnxModel]);
