/** @file The table of view samplers. */
import { table } from '@robenc/shared/table.js';
import crops from './crops.js';
import patches from './patches.js';

export const viewSamplers = table('view sampler', [crops, patches]);
