/** @file A choice from a table with its options, as files write it: {"name": "lars", "momentum": 0.9}. */
import { Type, type Static, type TSchema } from '@sinclair/typebox';
import { messageOf, RobencError } from '../errors.js';
import type { Table } from '../table.js';
import { check } from './check.js';
import { flagOf } from './run-flags.js';

/** The schema of a choice. Its options are checked by `choose`, against what the chosen entry asks for. */
export const Named = Type.Object({ name: Type.String({ minLength: 1 }) }, { additionalProperties: true });
export type Named = Static<typeof Named> & Readonly<Record<string, unknown>>;

/** Entries of a table that take options. */
export interface Configurable {
  readonly name: string;
  readonly config: TSchema;
}

/** The entry that the field of a file names. Throws `bad-input` naming the field. */
export function entryOf<T>(from: Table<T>, name: string, field: string): T {
  try {
    return from.get(name);
  } catch (cause) {
    throw new RobencError('bad-input', messageOf(cause), { cause, field });
  }
}

/**
 * The entry of that name and its options, checked and with defaults. `what` is the path of the choice in its file, e.g. `optimizer`;
 * keys in `except` belong to somebody else. Throws `bad-input` naming the field, e.g. `optimizer.momentum`, or `optimizer.name` where that asks for more.
 */
export function choose<T extends Configurable>(
  from: Table<T>,
  { name, ...options }: Named,
  what: string,
  except: readonly string[] = [],
): { use: T; config: object } {
  const use = entryOf(from, name, `${what}.name`);
  const own = Object.fromEntries(Object.entries(options).filter(([key]) => !except.includes(key)));
  try {
    return { use, config: check(use.config, own, `${what} "${name}"`) as object };
  } catch (cause) {
    const { message, field } = cause as RobencError;
    const key = /^[^.[]*/.exec(field!)![0];
    const isMissing = !(key in own);
    const [first, ...others] = message.split('\n');
    const remedy = isMissing ? setting(`${what}.${key}`) : knows(use, key) ? '' : elsewhere(from.entries, key);
    throw new RobencError('bad-input', [first + remedy, ...others].join('\n'), { cause, field: `${what}.${isMissing ? 'name' : field}` });
  }
}

function knows({ config }: Configurable, key: string): boolean {
  return key in ((config as { properties?: object }).properties ?? {});
}

function setting(path: string): string {
  const flag = flagOf(path);
  return ` Set ${path}${flag === null ? '' : ` (--${flag})`}.`;
}

/** Of an option that another entry takes, such as a radius of the adversary "none": which ones, and what to do. */
function elsewhere(entries: readonly Configurable[], key: string): string {
  const takers = entries.filter((entry) => knows(entry, key)).map(({ name }) => name);
  if (takers.length === 0) return '';
  return ` It is an option of ${takers.join(' and ')}: leave it out, or choose ${takers.length === 1 ? 'that' : 'one of them'}.`;
}
