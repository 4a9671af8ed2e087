/** @file robenc models list. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest } from '../../config/manifest-migrations.js';
import { EXIT, messageOf, RobencError } from '../../errors.js';
import { textTable } from '../../evaluation/text-table.js';
import { MANIFEST_FILE } from '../../package/layout.js';
import { listPackages, type PackageEntry } from '../../package/list.js';
import { listedFiles } from '../../package/sums.js';
import type { Action } from './action.js';

/** A row of the list; `problem` says why the manifest could not be read. Files are not read: `verify` does that. */
function describe({ name, version, labels, latest, folder }: PackageEntry) {
  const common = { name, version, labels, latest, folder };
  try {
    const path = join(folder, MANIFEST_FILE);
    const manifest = readManifest(JSON.parse(readFileSync(path, 'utf8')), path);
    const bytes = listedFiles(manifest).reduce((sum, file) => sum + file.bytes, 0);
    return { ...common, createdAt: manifest.createdAt, bytes, classes: manifest.classes.length, embeddingSize: manifest.embeddingSize, problem: null };
  } catch (cause) {
    if (!(cause instanceof RobencError) && !(cause instanceof SyntaxError)) throw cause;
    return { ...common, createdAt: null, bytes: null, classes: null, embeddingSize: null, problem: messageOf(cause) };
  }
}

export const list: Action = {
  name: 'list',
  usage: '',
  summary: 'every version of every package, with its labels',
  run({ models }, context) {
    const packages = listPackages(models).map(describe);
    const rows = packages.map((one) => [
      `${one.name}@${one.version}`,
      one.labels.join(', '),
      one.createdAt?.slice(0, 16).replace('T', ' ') ?? 'unreadable',
      one.bytes === null ? '' : `${(one.bytes / 1e6).toFixed(2)} MB`,
      one.classes === null ? '' : String(one.classes),
    ]);
    if (rows.length === 0) context.stdout(`No model packages in ${models}.`);
    else for (const line of textTable(['package', 'labels', 'made', 'size', 'classes'], rows)) context.stdout(line);
    for (const { name, version, problem } of packages) if (problem !== null) context.stderr(`${name}@${version}: ${problem}`);
    context.result({ models, packages });
    return Promise.resolve(EXIT.done);
  },
};
