/** @file No adversary: one optimizer step on each batch as it is. */
import { Type, type Static } from '@sinclair/typebox';
import type { Adversary } from './adversary.js';

const config = Type.Object({}, { additionalProperties: false });

export const none: Adversary<Static<typeof config>> = {
  name: 'none',
  summary: 'no adversary: train on the views as they are',
  config,
  plan: () => ({ epsilon: 0, stepSize: 0, attackSteps: 0, replays: 1, carries: false, views: 'all' }),
};
