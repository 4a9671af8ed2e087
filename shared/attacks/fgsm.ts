/** @file FGSM: one step of the size of the ball (Goodfellow et al., arXiv 1412.6572). */
import { Type, type Static } from '@sinclair/typebox';
import type { Attack } from './attack.js';
import { gradientAscent } from './gradient-ascent.js';

const schema = Type.Object(
  {
    epsilon: Type.Number({ minimum: 0, description: 'radius of the ball, in pixels of [0,1]' }),
    norm: Type.Optional(Type.Union([Type.Literal('linf'), Type.Literal('l2')], { description: 'norm of the ball; linf' })),
  },
  { additionalProperties: false },
);

export type FgsmOptions = Static<typeof schema>;

/** x + epsilon · sign(gradient) (L2: along the gradient), clipped to [0,1]. */
export const fgsm: Attack<FgsmOptions> = {
  name: 'fgsm',
  summary: 'one gradient step to the edge of the ball',
  options: schema,
  complete: ({ epsilon, norm = 'linf' }) => ({ epsilon, norm }),
  run(job) {
    const { epsilon, norm } = fgsm.complete(job.options);
    const options = { epsilon, norm, steps: 1, stepSize: epsilon, randomStart: false, restarts: 1, earlyStop: true, trace: false };
    return gradientAscent({ ...job, options });
  },
};
