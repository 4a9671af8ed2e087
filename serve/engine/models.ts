/** @file The models that a server serves, by the names that requests use. */
import { RobencError } from '@robenc/shared/errors.js';
import { suggestion } from '@robenc/shared/config/nearest.js';
import type { ServedModel } from './model.js';

export interface ServedEntry {
  readonly model: ServedModel;
  /** Whether `name` without a version means this one. */
  readonly latest: boolean;
}

export class Models {
  readonly entries: readonly ServedEntry[];
  readonly #byReference = new Map<string, ServedModel>();

  constructor(entries: readonly ServedEntry[]) {
    this.entries = entries;
    for (const { model } of entries) this.#byReference.set(model.id, model);
    // Where the latest version is not served, a name alone means the last of those that are.
    for (const { model } of entries) this.#byReference.set(model.name, model);
    for (const { model, latest } of entries) if (latest) this.#byReference.set(model.name, model);
  }

  /** The model of a request: by `name` or `name@version`, or the only one there is. Throws `not-found`, or `bad-input` where a choice is needed; field `model`. */
  get(reference: string | undefined): ServedModel {
    const ids = this.entries.map(({ model }) => model.id);
    if (reference === undefined) {
      if (this.entries.length === 1) return this.entries[0]!.model;
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
}
