/** @file The table of optimizers. */
import { table } from '@robenc/shared/table.js';
import { adamw } from './adamw.js';
import { lars } from './lars.js';
import type { Optimizer } from './optimizer.js';
import { sgd } from './sgd.js';

export const optimizers = table<Optimizer>('optimizer', [lars, sgd, adamw]);
