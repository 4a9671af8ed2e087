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

  /** Wishes for one version more. @returns what the reference means now, as `name@version`, and what takes the wish back. Throws `not-found`. */
  load(reference: string): { readonly id: string; readonly undo: () => void } {
    const [wanted] = this.#meaning(reference);
    const id = idOf(wanted!);
    const [isNew, wasUnloaded] = [!this.#loaded.has(reference), this.#unloaded.delete(id)];
    this.#loaded.add(reference);
    const undo = (): void => {
      if (isNew) this.#loaded.delete(reference);
      if (wasUnloaded) this.#unloaded.add(id);
    };
    return { id, undo };
  }

  /** `name@version` shall not be served, whoever wished for it. */
  unload(id: string): void {
    for (const reference of this.#loaded) if (this.#stillThere(reference).some((one) => idOf(one) === id)) this.#loaded.delete(reference);
    this.#unloaded.add(id);
  }

  /** Whether an administrator does not want `name@version` served. */
  sentAway(id: string): boolean {
    return this.#unloaded.has(id);
  }

  /** What is wished for now, by the models folder as it is, without what was loaded and is gone from there. Throws as `wantedVersions` does for the options. */
  wanted(): ReadonlyMap<string, Wanted> {
    const { modelsFolder, references, asides } = this.#options;
    const all = wantedVersions(modelsFolder, references, asides);
    const known = new Set(all.map(idOf));
    for (const reference of this.#loaded) all.push(...this.#stillThere(reference).filter((one) => !known.has(idOf(one))));
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
