/** @file Half a cosine from 1 to almost 0. */
import { Type, type Static } from '@sinclair/typebox';
import type { Schedule } from './schedule.js';

const config = Type.Object({}, { additionalProperties: false });

/** (1 + cos(pi step / total)) / 2: PyTorch's CosineAnnealingLR with eta_min 0, stepped after every optimizer step. */
export const cosine: Schedule<Static<typeof config>> = {
  name: 'cosine',
  summary: 'half a cosine from the base rate to 0',
  config,
  factor: (_, step, total) => (1 + Math.cos((Math.PI * step) / total)) / 2,
};
