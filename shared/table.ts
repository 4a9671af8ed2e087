/** @file Tables of named things: the one way in which encoders, losses, attacks, operators and the like are registered. */
import { suggestion } from './nearest.js';
import { RobencError } from './errors.js';

export interface Table<T> {
  /** What the entries are called in messages, e.g. `attack`. */
  readonly kind: string;
  readonly names: readonly string[];
  readonly entries: readonly T[];
  has(name: string): boolean;
  /** The entry of that name. Throws `usage`: `No attack "pgdd". Did you mean "pgd"? There are: fgsm, pgd.` */
  get(name: string): T;
}

/** A frozen table by name. Throws at start-up when two entries share a name. */
export function table<T extends object>(kind: string, entries: readonly T[], nameOf: (entry: T) => string = nameField): Table<T> {
  const byName = new Map<string, T>();
  for (const entry of entries) {
    const name = nameOf(entry);
    if (byName.has(name)) throw new Error(`Two ${kind}s are named "${name}".`);
    byName.set(name, entry);
  }
  const names = Object.freeze([...byName.keys()]);
  return Object.freeze({
    kind,
    names,
    entries: Object.freeze([...entries]),
    has: (name: string) => byName.has(name),
    get(name: string) {
      const entry = byName.get(name);
      if (entry === undefined) throw new RobencError('usage', `No ${kind} "${name}".${suggestion(name, names)}`, { field: kind });
      return entry;
    },
  });
}

function nameField(entry: object): string {
  return (entry as { name: string }).name;
}
