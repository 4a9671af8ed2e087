/** @file A rate that drops at fixed moments. */
import { Type, type Static } from '@sinclair/typebox';
import type { Schedule } from './schedule.js';

const config = Type.Object(
  {
    milestones: Type.Array(Type.Number({ minimum: 0, maximum: 1 }), { default: [0.6, 0.8], description: 'shares of the run after which the rate drops' }),
    gamma: Type.Number({ default: 0.1, exclusiveMinimum: 0, maximum: 1, description: 'what the rate is multiplied by at each' }),
  },
  { additionalProperties: false },
);

/** gamma ^ (milestones passed): PyTorch's MultiStepLR with milestones in shares of all steps. */
export const step: Schedule<Static<typeof config>> = {
  name: 'step',
  summary: 'the base rate, multiplied by gamma after each milestone',
  config,
  factor: ({ milestones, gamma }, at, total) => gamma ** milestones.filter((milestone) => at >= milestone * total && at > 0).length,
};
