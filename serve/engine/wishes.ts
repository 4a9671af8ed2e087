/** @file Which versions shall be served: the references of the options, what an administrator asked for beside them, and without what they sent away. */
import { RobencError } from '@robenc/shared/errors.js';
import { wantedVersions, type Aside, type Wanted } from './wanted.js';

export interface WishesOptions {
  readonly modelsFolder: string;
  /** `name`, `name@version` or `name@label`; empty: the latest version of every package. */
  readonly references: readonly string[];
  readonly asides: readonly Aside[];
}

/** Options and the wishes of administrators since, against the models folder. */
export class Wishes {
  readonly #options: WishesOptions;
  /** As they were asked for: a name goes on to mean its latest version. */
  readonly #loaded = new Set<string>();
  /** `name@version`. */
  readonly #unloaded = new Set<string>();

  constructor(options: WishesOptions) {
    this.#options = options;
  }

  /** Wishes for one version more. @returns what the reference means now, as `name@version`. Throws `not-found`. */
  load(reference: string): string {
    const [wanted] = this.#meaning(reference);
    const id = idOf(wanted!);
    this.#unloaded.delete(id);
    this.#loaded.add(reference);
    return id;
  }

  /** Takes back a load that came to nothing. */
  forget(reference: string): void {
    this.#loaded.delete(reference);
  }

  /** `name@version` shall not be served, whoever wished for it. */
  unload(id: string): void {
    for (const reference of this.#loaded) if (this.#stillThere(reference).some((one) => idOf(one) === id)) this.#loaded.delete(reference);
    this.#unloaded.add(id);
  }

  sentAway(id: string): boolean {
    return this.#unloaded.has(id);
  }

  /** What is wished for now, by the models folder as it is. What was loaded and is gone from there is wished for no more. Throws as `wantedVersions` does for the options. */
  wanted(): ReadonlyMap<string, Wanted> {
    const { modelsFolder, references, asides } = this.#options;
    const all = wantedVersions(modelsFolder, references, asides);
    for (const reference of this.#loaded) {
      const meant = this.#stillThere(reference);
      if (meant.length === 0) this.#loaded.delete(reference);
      all.push(...meant.filter((one) => !all.some((other) => idOf(other) === idOf(one))));
    }
    return new Map(all.map((one) => [idOf(one), one] as const).filter(([id]) => !this.#unloaded.has(id)));
  }

  #meaning(reference: string): Wanted[] {
    return wantedVersions(this.#options.modelsFolder, [reference], []);
  }

  #stillThere(reference: string): Wanted[] {
    try {
      return this.#meaning(reference);
    } catch (error) {
      if (error instanceof RobencError && (error.code === 'not-found' || error.code === 'bad-file')) return [];
      throw error;
    }
  }
}

function idOf({ name, version }: Wanted): string {
  return `${name}@${version}`;
}
