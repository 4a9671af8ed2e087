/** @file Which versions are to be served, by the models folder as it is now. */
import { RobencError } from '@robenc/shared/errors.js';
import { labelsOf, resolveReference } from '@robenc/shared/package/labels.js';
import { listPackages } from '@robenc/shared/package/list.js';

export interface Wanted {
  readonly name: string;
  readonly version: string;
  readonly latest: boolean;
  /** Served beside the version that the name alone means, because a label says so; null: for its own sake. */
  readonly aside: Aside | null;
  readonly labels: readonly string[];
}

/** Labels whose versions are tried: the canary answers a share of the requests, the shadow is sent a share of them too and its answers are only compared. */
export type Aside = 'canary' | 'shadow';

/**
 * What the references (`name`, `name@version`, `name@label`) mean now, or without any the latest version of every package; with `asides` also the versions that
 * these labels of each name. Throws `not-found` for a reference that means nothing, and for an empty folder.
 */
export function wantedVersions(modelsFolder: string, references: readonly string[], asides: readonly Aside[]): Wanted[] {
  const there = listPackages(modelsFolder);
  const asked = references.length > 0 ? references : [...new Set(there.map(({ name }) => name))];
  if (asked.length === 0)
    throw new RobencError('not-found', `There is no model package in ${modelsFolder}. Train and export a model first, or give another folder with --models.`, {
      field: 'models',
    });
  const found = asked.map((reference) => {
    const resolved = resolveReference(modelsFolder, reference);
    if (resolved === null || !there.some(({ name, version }) => name === resolved.name && version === resolved.version))
      throw new RobencError('not-found', notThere(reference, modelsFolder, there), { field: 'model' });
    return resolved;
  });
  const wanted = new Map<string, Wanted>();
  const add = (name: string, version: string, aside: Aside | null) => {
    const id = `${name}@${version}`;
    if (wanted.has(id)) return;
    const entry = there.find((one) => one.name === name && one.version === version)!;
    wanted.set(id, {
      name,
      version,
      latest: entry.latest,
      aside,
      labels: labelsOf(modelsFolder, name)
        .filter((one) => one.version === version)
        .map(({ label }) => label),
    });
  };
  for (const { name, version } of found) add(name, version, null);
  for (const aside of asides)
    for (const { name } of found) {
      const version = resolvedLabel(modelsFolder, name, aside);
      if (version !== null) add(name, version, aside);
    }
  return [...wanted.values()];
}

function resolvedLabel(modelsFolder: string, name: string, label: Aside): string | null {
  const resolved = resolveReference(modelsFolder, `${name}@${label}`);
  return resolved?.label === label ? resolved.version : null;
}

function notThere(reference: string, modelsFolder: string, there: readonly { name: string; version: string }[]): string {
  const [name, version] = reference.split('@');
  const versions = there.filter((one) => one.name === name).map((one) => one.version);
  if (versions.length > 0) return `No version "${version ?? ''}" of the model "${name}" in ${modelsFolder}. There are: ${versions.join(', ')}.`;
  const names = [...new Set(there.map((one) => one.name))];
  return `No model "${name}" in ${modelsFolder}. There are: ${names.join(', ') || 'none; `robenc export` makes one'}.`;
}
