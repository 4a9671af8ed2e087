/** @file The models that a server serves, by the names that requests use; versions may come and go while requests are answered. */
import { createHash } from 'node:crypto';
import { RobencError } from '@robenc/shared/errors.js';
import { suggestion } from '@robenc/shared/nearest.js';
import type { ServedModel } from './model.js';
import type { Probe } from './probe.js';
import type { Aside } from './wanted.js';

export interface ServedEntry {
  readonly model: ServedModel;
  readonly probe: Probe;
  /** Whether `name` without a version means this one. */
  readonly latest: boolean;
  /** Whether it is the canary or the shadow of its name. */
  readonly aside: Aside | null;
  readonly labels: readonly string[];
}

/** A model that stays open until it is released. */
export class Lease {
  readonly model: ServedModel;
  /** The version whose answers are compared with this one's; not held. */
  readonly shadow: ServedModel | null;
  readonly #models: Models;
  #held = true;

  constructor(models: Models, model: ServedModel, shadow: ServedModel | null = null) {
    this.#models = models;
    this.model = model;
    this.shadow = shadow;
  }

  release(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#models.release(this.model);
  }
}

interface Use {
  count: number;
  onIdle: (() => void) | null;
}

/** What is served now, by every name that a request may use; leases keep a model open until its last request is answered. */
export class Models {
  #entries: readonly ServedEntry[] = [];
  #byReference = new Map<string, ServedModel>();
  #asides: Readonly<Record<Aside, ReadonlyMap<string, ServedModel>>> = { canary: new Map(), shadow: new Map() };
  readonly #uses = new Map<ServedModel, Use>();
  readonly #shares: Readonly<Record<Aside, number>>;

  constructor(entries: readonly ServedEntry[], { canary = 0, shadow = 0 }: Partial<Record<Aside, number>> = {}) {
    this.#shares = { canary, shadow };
    this.replace(entries);
  }

  get entries(): readonly ServedEntry[] {
    return this.#entries;
  }

  /** All at once: a request sees either the old set or the new one. What is no longer there stays usable for those who hold it. */
  replace(entries: readonly ServedEntry[]): void {
    const byReference = new Map<string, ServedModel>();
    const stable = entries.filter(({ aside }) => aside === null);
    for (const { model } of entries) byReference.set(model.id, model);
    // Where the latest version is not served, a name alone means the last of those that are.
    for (const { model } of stable.length > 0 ? stable : entries) byReference.set(model.name, model);
    for (const { model, labels } of entries)
      for (const label of labels) if (!byReference.has(`${model.name}@${label}`)) byReference.set(`${model.name}@${label}`, model);
    for (const { model, latest } of entries) if (latest) byReference.set(model.name, model);
    const asides = (which: Aside) => new Map(entries.filter(({ aside, latest }) => aside === which && !latest).map(({ model }) => [model.name, model]));
    this.#asides = { canary: asides('canary'), shadow: asides('shadow') };
    this.#byReference = byReference;
    this.#entries = entries;
  }

  /** The model of a request: by `name`, `name@version` or `name@label`, or the only name there is. Throws `not-found`, or `bad-input` where a choice is needed. */
  get(reference: string | undefined): ServedModel {
    if (reference === undefined) {
      const names = [...new Set(this.#entries.map(({ model }) => model.name))];
      const ids = this.#entries.map(({ model }) => model.id);
      if (ids.length === 0) throw new RobencError('not-found', 'No model is served now; an administrator may load one.', { field: 'model' });
      if (names.length === 1) return this.#byReference.get(names[0]!)!;
      throw new RobencError('bad-input', `model is missing, and several are served: ${ids.join(', ')}. Name one.`, { field: 'model' });
    }
    const found = this.#byReference.get(reference);
    if (found === undefined)
      throw new RobencError(
        'not-found',
        `No model "${reference.slice(0, 200)}" is served here.${suggestion(reference.slice(0, 200), [...this.#byReference.keys()])}`,
        { field: 'model' },
      );
    return found;
  }

  /**
   * As `get`, for one request. Those that name no version go to the canary in its share, or are compared with the shadow in its own, decided by `key`, so that a
   * request that is sent again meets the same versions.
   */
  lease(reference: string | undefined, key: string): Lease {
    const model = this.get(reference);
    if (reference !== undefined && reference !== model.name) return this.hold(model);
    const canary = this.#chosen('canary', model, key);
    return canary === null ? this.hold(model, this.#chosen('shadow', model, key)) : this.hold(canary);
  }

  /** The version beside the model that a request with that key meets. Without a share nothing is hashed: this is asked for every request. */
  #chosen(aside: Aside, { name }: ServedModel, key: string): ServedModel | null {
    const share = this.#shares[aside];
    return share > 0 && fraction(`${aside === 'canary' ? '' : aside}${key}`) < share ? (this.#asides[aside].get(name) ?? null) : null;
  }

  hold(model: ServedModel, shadow: ServedModel | null = null): Lease {
    let use = this.#uses.get(model);
    if (use === undefined) this.#uses.set(model, (use = { count: 0, onIdle: null }));
    use.count += 1;
    return new Lease(this, model, shadow);
  }

  /** For a lease that ends. */
  release(model: ServedModel): void {
    const use = this.#uses.get(model)!;
    use.count -= 1;
    if (use.count > 0) return;
    this.#uses.delete(model);
    use.onIdle?.();
  }

  /** Resolves when nobody holds the model any more. */
  idle(model: ServedModel): Promise<void> {
    const use = this.#uses.get(model);
    return use === undefined ? Promise.resolve() : new Promise((resolve) => (use.onIdle = resolve));
  }
}

/** A number in [0,1) that depends on the text alone. */
function fraction(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32LE(0) / 2 ** 32;
}
