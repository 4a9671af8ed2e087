/** @file "Free" adversarial training: every backward pass serves an optimizer step and an ascent step of the perturbation at once. */
import { Type, type Static } from '@sinclair/typebox';
import { parseEpsilon } from '@robenc/shared/config/epsilon.js';
import type { Adversary } from './adversary.js';
import { epsilon, stepSize, views } from './options.js';

const config = Type.Object(
  { epsilon, stepSize, views, replays: Type.Integer({ default: 3, minimum: 1, description: 'times that each batch is used' }) },
  { additionalProperties: false },
);

/** Shafahi et al. 2019, "Adversarial Training for Free!", as CF-AMC-SSL uses it: the perturbation is carried from batch to batch. */
export const free: Adversary<Static<typeof config>> = {
  name: 'free',
  summary: 'each batch is replayed; every pass improves weights and perturbation',
  config,
  plan: (options) => ({
    epsilon: parseEpsilon(options.epsilon, { field: 'adversary.epsilon' }),
    stepSize: parseEpsilon(options.stepSize, { field: 'adversary.stepSize' }),
    attackSteps: 0,
    replays: options.replays,
    carries: true,
    views: options.views,
  }),
};
