/** @file A choice from a table with its options, as files write it: {"name": "lars", "momentum": 0.9}. */
import { Type, type Static, type TSchema } from '@sinclair/typebox';
import type { Table } from '../table.js';
import { check } from './check.js';

/** The schema of a choice. Its options are checked by `choose`, against what the chosen entry asks for. */
export const Named = Type.Object({ name: Type.String({ minLength: 1 }) }, { additionalProperties: true });
export type Named = Static<typeof Named> & Readonly<Record<string, unknown>>;

/** Entries of a table that take options. */
export interface Configurable {
  readonly name: string;
  readonly config: TSchema;
}

/**
 * The entry of that name and its options, checked and with defaults. `what` is the path of the choice in its file, e.g. `optimizer`;
 * keys in `except` belong to somebody else. Throws `usage` for an unknown name, `bad-input` for wrong options.
 */
export function choose<T extends Configurable>(
  from: Table<T>,
  { name, ...options }: Named,
  what: string,
  except: readonly string[] = [],
): { use: T; config: object } {
  const use = from.get(name);
  const own = Object.fromEntries(Object.entries(options).filter(([key]) => !except.includes(key)));
  return { use, config: check(use.config, own, `${what} "${name}"`) as object };
}
