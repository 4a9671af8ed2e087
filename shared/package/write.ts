/** @file Writing a model package in one call, from bytes or files that are ready. */
import type { FileRole } from '../config/manifest.js';
import { readBytes } from '../files.js';
import { FILE_ROLES } from './layout.js';
import { Staging, type Publication, type WrittenPackage } from './stage.js';

export interface PackageToWrite extends Publication {
  readonly name: string;
  /** Bytes of each file, or the path of a file that holds them. */
  readonly files: Readonly<Partial<Record<FileRole, Uint8Array | string>>>;
}

/**
 * Writes `<modelsFolder>/<name>/<version>`. A failure on the way leaves the folder as it was.
 * Throws `usage` for a bad name or a version that is there, `bad-file` for a manifest that breaks its schema, `io` when the disk refuses.
 */
export function writePackage(modelsFolder: string, { name, files, ...publication }: PackageToWrite): WrittenPackage {
  const staging = new Staging(modelsFolder, name);
  try {
    for (const role of FILE_ROLES) {
      const source = files[role];
      if (source !== undefined) staging.put(role, typeof source === 'string' ? readBytes(source, role) : source);
    }
    return staging.publish(publication);
  } finally {
    staging.discard();
  }
}
