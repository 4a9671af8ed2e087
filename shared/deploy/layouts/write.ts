/** @file Writes a package in another layout. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { claimOutputFolder, writeFileAtomic } from '../../files.js';
import type { ModelPackage } from '../../package/open.js';
import { layouts } from './index.js';

/** The paths that were written, relative to `folder`. Throws `usage` for a folder that holds something (unless `force`) or an unknown layout. */
export function writeLayout(name: string, opened: ModelPackage, folder: string, { force = false }: { force?: boolean } = {}): string[] {
  const files = layouts.get(name).files(opened);
  claimOutputFolder(folder, { force });
  for (const [path, content] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileAtomic(join(folder, path), content);
  }
  return [...files.keys()];
}
