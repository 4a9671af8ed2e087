/** @file The same learning rate throughout. */
import { Type, type Static } from '@sinclair/typebox';
import type { Schedule } from './schedule.js';

const config = Type.Object({}, { additionalProperties: false });

export const constant: Schedule<Static<typeof config>> = { name: 'constant', summary: 'the base rate throughout', config, factor: () => 1 };
