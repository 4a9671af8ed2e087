/** @file A straight rise, then half a cosine. */
import { Type, type Static } from '@sinclair/typebox';
import { cosine } from './cosine.js';
import type { Schedule } from './schedule.js';

const config = Type.Object(
  { warmup: Type.Number({ default: 0.1, minimum: 0, maximum: 1, description: 'share of all steps in which the rate rises' }) },
  { additionalProperties: false },
);

/** Step s of w warm-up steps has factor (s + 1) / (w + 1), so that no step is lost on rate 0; the cosine takes the steps that are left. */
export const warmupCosine: Schedule<Static<typeof config>> = {
  name: 'warmup-cosine',
  summary: 'a straight rise to the base rate, then half a cosine to 0',
  config,
  factor({ warmup }, step, total) {
    const rising = Math.round(warmup * total);
    return step < rising ? (step + 1) / (rising + 1) : cosine.factor({}, step - rising, Math.max(total - rising, 1));
  },
};
