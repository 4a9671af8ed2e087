/** @file Names of a file and what they stand for, in the graph itself, a branch of it or the body of a function. */
import { RobencError } from '../../errors.js';
import type { Slot } from './unreadable.js';

export class Scope {
  readonly #names = new Map<string, Slot>();

  /** `outer`: the scope whose names may be read too, for branches and bodies of loops; functions have none. */
  constructor(
    readonly source: string,
    readonly outer: Scope | null = null,
  ) {}

  /** Throws `bad-file` where the name is taken in this scope. */
  define(name: string, slot: Slot): void {
    if (this.#names.has(name)) throw new RobencError('bad-file', `${this.source}: two values are named "${name}". Export it again.`, { field: name });
    this.#names.set(name, slot);
  }

  hasOwn(name: string): boolean {
    return this.#names.has(name);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** undefined where nothing of that name has been made. */
  get(name: string): Slot | undefined {
    const slot = this.#names.get(name);
    return slot === undefined && this.outer !== null ? this.outer.get(name) : slot;
  }
}
