/** @file The migrations of checkpoints, from version 1 on: the entry at n reads schema version n + 1. */
import { from1 } from './from-1.js';
import type { Migration } from './migration.js';

export const migrations: readonly Migration[] = [from1];
