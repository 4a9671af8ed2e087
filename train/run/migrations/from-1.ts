/** @file From schema version 1 to 2: what made a checkpoint, and how good it is, were not told before. */
import type { Migration } from './migration.js';

export const from1: Migration = {
  from: 1,
  summary: 'adds who made it and its score, unknown for older files; the digest covers the metadata',
  migrate: ({ metadata, tensors }) => ({ metadata: { ...metadata, schemaVersion: '2', madeBy: '', score: 'null' }, tensors }),
};
