/** @file The composite operations that become one node each when traced. */
import type { GraphBuilder } from '@robenc/shared/graph/builder.js';
import type { Value } from '@robenc/shared/graph/value.js';
import { table } from '@robenc/shared/table.js';
import type { CompositeCall } from './composite.js';
import type { TraceContext } from './context.js';
import { CHANNELS_FIRST, inOrder, traced, type Traced } from './traced.js';

interface Composite {
  readonly name: string;
  readonly emit: (context: TraceContext, inputs: readonly Traced[], attrs: CompositeCall['attrs']) => readonly Traced[];
}

const filled = (g: GraphBuilder, count: number, value: number): Value =>
  g.constant({ dtype: 'float32', shape: [count], data: new Float32Array(count).fill(value) });

/** y, mean and biased variance of a batch x [n, h, w, c] or [n, c] with gamma and beta [c]. */
const batchNormTrain: Composite = {
  name: 'BatchNormTrain',
  emit: (context, [x, gamma, beta], attrs) => {
    const { g } = context;
    const layout = x!.shape.length === 4 ? CHANNELS_FIRST : inOrder(x!.shape.length);
    const channels = context.fixed(x!.shape.at(-1)!, 'The number of channels');
    // Momentum 0 makes the "updated running statistics" those of the batch, whatever the running ones were.
    const running = [filled(g, channels, 0), filled(g, channels, 1)];
    const inputs = [context.laidOut(x!, layout), context.plain(gamma!), context.plain(beta!), ...running];
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

export const composites = table<Composite>('composite operation', [batchNormTrain, logDetInverse]);
