/** @file The crop options of a request or command, as one choice. */
import type { CropSchemeName } from '@robenc/shared/config/manifest.js';
import { RobencError } from '@robenc/shared/errors.js';
import type { CropRequest } from '../images/recipe.js';
import type { ServedModel } from './model.js';

/** Null for the whole image. Throws `bad-input` for a scheme or seed without crops, which would have no effect. */
export function cropRequestOf(model: ServedModel, options: { crops?: number; scheme?: CropSchemeName; seed?: number }): CropRequest | null {
  const { crops, scheme, seed } = options;
  if (crops !== undefined) return { count: crops, scheme: scheme ?? model.manifest?.heads.aggregate?.scheme ?? 'crops', seed: seed ?? 0 };
  const field = scheme !== undefined ? 'scheme' : seed !== undefined ? 'seed' : null;
  if (field !== null)
    throw new RobencError('bad-input', `${field} is given without crops, where it has no effect. Give crops as well, or leave it out.`, { field });
  return null;
}
