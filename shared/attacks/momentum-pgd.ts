/** @file PGD that keeps a share of its last direction (Dong et al., arXiv 1710.06081, there with one step of epsilon/steps and a share of 1). */
import { Type, type Static } from '@sinclair/typebox';
import type { Attack } from './attack.js';
import { gradientAscent } from './gradient-ascent.js';
import { countOption, earlyStopOption, epsilonOption, normOption, restartsOption } from './option-schemas.js';

const schema = Type.Object(
  {
    epsilon: epsilonOption,
    norm: normOption('linf', 'l2', 'l1'),
    steps: countOption('steps per restart; 20'),
    stepSize: Type.Optional(Type.Number({ exclusiveMinimum: 0, description: 'length of a step in the norm, in pixels of [0,1]; epsilon/4' })),
    momentum: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'share of the last direction that is kept; 0.9' })),
    restarts: restartsOption,
    earlyStop: earlyStopOption,
  },
  { additionalProperties: false },
);

export const momentumPgd: Attack<Static<typeof schema>> = {
  name: 'momentum-pgd',
  summary: 'pgd along a running sum of normalised gradients',
  options: schema,
  complete: ({ epsilon, norm = 'linf', steps = 20, stepSize = epsilon / 4, momentum = 0.9, restarts = 1, earlyStop = true }) => ({
    epsilon,
    norm,
    steps,
    stepSize,
    momentum,
    restarts,
    earlyStop,
  }),
  cost: ({ steps, restarts }) => ({ gradients: restarts * steps, forwards: restarts }),
  run: (job) => gradientAscent({ ...job, options: { ...momentumPgd.complete(job.options), randomStart: true, trace: false } }),
};
