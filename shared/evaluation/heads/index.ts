/** @file The table of solvers that fit a head on small batches. */
import { table } from '../../table.js';
import { adam } from './adam.js';
import { sgd } from './sgd.js';
import type { Solver } from './solver.js';

export const solvers = table<Solver>('solver', [sgd, adam]);
