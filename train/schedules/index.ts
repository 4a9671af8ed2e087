/** @file The table of learning-rate schedules. */
import { table } from '@robenc/shared/table.js';
import { constant } from './constant.js';
import { cosine } from './cosine.js';
import type { Schedule } from './schedule.js';
import { step } from './step.js';
import { warmupCosine } from './warmup-cosine.js';

export const schedules = table<Schedule>('schedule', [constant, cosine, step, warmupCosine]);
