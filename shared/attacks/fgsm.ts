/** @file FGSM: one step of the size of the ball (Goodfellow et al., arXiv 1412.6572). */
import { Type, type Static } from '@sinclair/typebox';
import type { Attack } from './attack.js';
import { gradientAscent } from './gradient-ascent.js';
import { epsilonOption, normOption } from './option-schemas.js';

const schema = Type.Object(
  {
    epsilon: epsilonOption,
    norm: normOption('linf', 'l2', 'l1'),
  },
  { additionalProperties: false },
);

export type FgsmOptions = Static<typeof schema>;

/** x + epsilon · sign(gradient) (L2: along the gradient; L1: on the hundredth of the values with the largest gradients), clipped to [0,1]. */
export const fgsm: Attack<FgsmOptions> = {
  name: 'fgsm',
  summary: 'one gradient step to the edge of the ball',
  options: schema,
  complete: ({ epsilon, norm = 'linf' }) => ({ epsilon, norm }),
  cost: () => ({ gradients: 1, forwards: 1 }),
  run(job) {
    const { epsilon, norm } = fgsm.complete(job.options);
    const options = { epsilon, norm, steps: 1, stepSize: epsilon, randomStart: false, restarts: 1, momentum: 0, earlyStop: true, trace: false };
    return gradientAscent({ ...job, options });
  },
};
