/** @file The flags that say how a head is fitted: to the optimum, or in epochs on clean and attacked images. */
import { pgd, type PgdOptions } from '@robenc/shared/attacks/pgd.js';
import { check } from '@robenc/shared/config/check.js';
import type { OptionSpecs } from '@robenc/shared/config/command.js';
import { RobencError } from '@robenc/shared/errors.js';
import { readDistance } from '@robenc/shared/evaluation/attack-options.js';
import type { MinibatchFit } from '@robenc/shared/evaluation/fit-heads.js';
import { solvers } from '@robenc/shared/evaluation/heads/index.js';
import type { Phase } from '@robenc/shared/evaluation/heads/minibatch.js';

export const headProtocolOptions = {
  solver: {
    type: 'string',
    choices: ['lbfgs', ...solvers.names],
    default: 'lbfgs',
    description: 'lbfgs: to the optimum; the others: epochs of small batches',
  },
  phases: {
    type: 'list',
    value: 'kind:epochs',
    description: 'epochs of sgd and adam on clean images, and on images under PGD anew before each epoch, e.g. clean:2,robust:2,clean:2 (clean:100)',
  },
  learningRate: {
    type: 'number',
    description: `rate of sgd and adam at the start (${solvers.entries.map(({ name, learningRate }) => `${name} ${learningRate}`).join(', ')})`,
  },
  headBatch: { type: 'number', integer: true, minimum: 1, default: 256, description: 'images in a batch of sgd and adam' },
  eps: { type: 'string', value: 'radius', default: '8/255', description: 'radius of PGD in robust epochs' },
  steps: { type: 'number', integer: true, minimum: 1, default: 5, description: 'steps of PGD in robust epochs' },
  stepSize: { type: 'string', value: 'size', default: '0.01', description: 'length of such a step' },
} as const satisfies OptionSpecs;

export interface HeadProtocolFlags {
  readonly solver: string;
  readonly phases: readonly string[];
  readonly learningRate: number | undefined;
  readonly headBatch: number;
  readonly eps: string;
  readonly steps: number;
  readonly stepSize: string;
}

/** The epochs of sgd or adam; null for L-BFGS, which has none. Throws `usage` naming a flag that does not fit. */
export function minibatchFit(options: HeadProtocolFlags): MinibatchFit | null {
  const { solver, phases, learningRate, headBatch, eps, steps, stepSize } = options;
  if (solver === 'lbfgs') {
    if (phases.length > 0 || learningRate !== undefined)
      throw new RobencError(
        'usage',
        `--${phases.length > 0 ? 'phases' : 'learning-rate'} is for --solver ${solvers.names.join(' or ')}; lbfgs fits to the optimum.`,
        {
          field: phases.length > 0 ? 'phases' : 'learning-rate',
        },
      );
    return null;
  }
  const attack = { epsilon: readDistance('eps', eps, 'linf'), norm: 'linf' as const, steps, stepSize: readDistance('step-size', stepSize, 'linf') };
  return {
    solver: solvers.get(solver),
    phases: (phases.length === 0 ? ['clean:100'] : phases).map(phaseOf),
    batchSize: headBatch,
    learningRate,
    // The paper's: from the image itself, every step made.
    attack: pgd.complete(
      check(pgd.options, { ...attack, randomStart: false, earlyStop: false }, '--eps, --steps and --step-size', { code: 'usage' }) as PgdOptions,
    ),
  };
}

function phaseOf(text: string): Phase {
  const [, kind, epochs] = /^(clean|robust):([1-9]\d{0,4})$/.exec(text) ?? [];
  if (kind === undefined)
    throw new RobencError('usage', `--phases ${text}: give clean or robust and a number of epochs, e.g. clean:2,robust:2,clean:2.`, { field: 'phases' });
  return { kind: kind as Phase['kind'], epochs: Number(epochs) };
}
