/** @file PGD: projected gradient ascent with small steps (Madry et al., arXiv 1706.06083). */
import { Type, type Static } from '@sinclair/typebox';
import { RobencError } from '../errors.js';
import type { Attack } from './attack.js';
import { gradientAscent } from './gradient-ascent.js';
import { countOption, earlyStopOption, epsilonOption, normOption, restartsOption } from './option-schemas.js';

const schema = Type.Object(
  {
    epsilon: epsilonOption,
    norm: normOption('linf', 'l2', 'l1'),
    steps: countOption('steps per restart; 20'),
    stepSize: Type.Optional(Type.Number({ exclusiveMinimum: 0, description: 'length of a step in the norm, in pixels of [0,1]; epsilon/4' })),
    randomStart: Type.Optional(Type.Boolean({ description: 'start at a random point of the ball instead of the image; true' })),
    restarts: restartsOption,
    earlyStop: earlyStopOption,
    trace: Type.Optional(Type.Boolean({ description: 'record loss and prediction at every iterate, wrong images included; turns earlyStop off; false' })),
  },
  { additionalProperties: false },
);

export type PgdOptions = Static<typeof schema>;

/** Every iterate is checked, so an image that is misclassified on the way and right again at the end counts as broken. */
export const pgd: Attack<PgdOptions> = {
  name: 'pgd',
  summary: 'projected gradient ascent on the cross-entropy',
  options: schema,
  complete({ epsilon, norm = 'linf', steps = 20, stepSize = epsilon / 4, randomStart = true, restarts = 1, trace = false, earlyStop = !trace }) {
    if (restarts > 1 && !randomStart)
      throw new RobencError('usage', `restarts is ${restarts}, but without randomStart every restart is the same run. Set randomStart, or restarts to 1.`, {
        field: 'restarts',
      });
    if (trace && earlyStop)
      throw new RobencError('usage', 'trace records every iterate, so it cannot go with earlyStop. Leave earlyStop out.', { field: 'earlyStop' });
    return { epsilon, norm, steps, stepSize, randomStart, restarts, earlyStop, trace };
  },
  cost: ({ steps, restarts }) => ({ gradients: restarts * steps, forwards: restarts }),
  run: (job) => gradientAscent({ ...job, options: { ...pgd.complete(job.options), momentum: 0 } }),
};
