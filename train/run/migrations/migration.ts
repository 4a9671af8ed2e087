/** @file What a migration of checkpoints is: one step from a schema version to the next, on the parsed file, before anything else reads it. */
import type { Parameters } from '../../tensors/parameters.js';

/** Raised when the meaning of a field changes, together with a migration from the version before. */
export const SCHEMA_VERSION = 2;

/** What is in a checkpoint: text by name, and tensors by `group/name`. */
export interface CheckpointFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: Readonly<Parameters>;
}

export interface Migration {
  /** The schema version that it reads; it gives the next one. */
  readonly from: number;
  /** What changed between them. */
  readonly summary: string;
  migrate(file: CheckpointFile): CheckpointFile;
}
