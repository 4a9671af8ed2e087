/** @file PGD adversarial training: the perturbation of each batch is found anew, then one optimizer step is taken on it. */
import { Type, type Static } from '@sinclair/typebox';
import { parseEpsilon } from '@robenc/shared/config/epsilon.js';
import type { Adversary } from './adversary.js';
import { epsilon, stepSize, views } from './options.js';

const config = Type.Object(
  { epsilon, stepSize, views, steps: Type.Integer({ default: 5, minimum: 1, description: 'ascent steps before the optimizer step' }) },
  { additionalProperties: false },
);

/**
 * Madry et al. 2018 with the training loss and a start at zero. Only the last pass counts for the weights: CF-AMC-SSL's script adds up the
 * weight gradients of all ascent passes, which is not part of the method.
 */
export const pgd: Adversary<Static<typeof config>> = {
  name: 'pgd',
  summary: 'PGD on the training loss before each optimizer step',
  config,
  plan: (options) => ({
    epsilon: parseEpsilon(options.epsilon, { field: 'adversary.epsilon' }),
    stepSize: parseEpsilon(options.stepSize, { field: 'adversary.stepSize' }),
    attackSteps: options.steps,
    replays: 1,
    carries: false,
    views: options.views,
  }),
};
