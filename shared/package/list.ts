/** @file What packages a models folder holds. */
import { join } from 'node:path';
import { labelsOf, versionOfLabel } from './labels.js';
import { LATEST, versionsOf, visibleFolders } from './layout.js';

export interface PackageEntry {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  /** Whether `name` without a version means this one. */
  readonly latest: boolean;
  /** Every label that points at this version, `latest` included where there is such a file. */
  readonly labels: readonly string[];
}

/** Every complete version of every package, by name, oldest version first. Empty for a missing folder. Reads no manifest. */
export function listPackages(modelsFolder: string): readonly PackageEntry[] {
  return visibleFolders(modelsFolder)
    .sort()
    .flatMap((name) => {
      const versions = versionsOf(modelsFolder, name);
      if (versions.length === 0) return [];
      const latest = latestVersion(modelsFolder, name);
      const labels = labelsOf(modelsFolder, name);
      return versions.map((version) => ({
        name,
        version,
        folder: join(modelsFolder, name, version),
        latest: version === latest,
        labels: labels.filter((one) => one.version === version).map(({ label }) => label),
      }));
    });
}

/** The version that `name` alone means: the one in the `latest` file, else the highest; null when there is none. */
export function latestVersion(modelsFolder: string, name: string): string | null {
  return versionOfLabel(modelsFolder, name, LATEST) ?? versionsOf(modelsFolder, name).at(-1) ?? null;
}
