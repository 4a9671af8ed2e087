/** @file The table of adversaries. */
import { table } from '@robenc/shared/table.js';
import type { Adversary } from './adversary.js';
import { free } from './free.js';
import { none } from './none.js';
import { pgd } from './pgd.js';

export const adversaries = table<Adversary>('adversary', [free, none, pgd]);
