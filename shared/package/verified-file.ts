/** @file Files of a package that agree with its manifest, each named in the error that says how it does not. */
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest, ManifestFile } from '../config/manifest.js';
import { messageOf, RobencError } from '../errors.js';
import { sha256OfFile } from './digest.js';
import { MANIFEST_FILE, SUMS_FILE } from './layout.js';
import { sumsText } from './sums.js';

/** The path of a file whose size and digest are as the manifest says. A link is refused wherever it leads: it could change after this check. */
export async function verifiedPath(folder: string, entry: ManifestFile): Promise<string> {
  const path = join(folder, entry.path);
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined)
    throw new RobencError('bad-file', `${path} is missing, but the manifest lists it. Copy the whole package again or export the model again.`, {
      field: path,
    });
  if (!found.isFile())
    throw new RobencError('bad-file', `${path} is a ${found.isSymbolicLink() ? 'link' : 'folder'}. Put the file itself into the package instead.`, {
      field: path,
    });
  if (found.size !== entry.bytes)
    throw new RobencError(
      'bad-file',
      `${path} has ${found.size} bytes, but its manifest says ${entry.bytes}: the file was cut off or replaced. Copy it again or export the model again.`,
      { field: path },
    );
  const digest = await sha256OfFile(path);
  if (digest !== entry.sha256)
    throw new RobencError(
      'bad-file',
      `${path} has the SHA-256 ${digest}, but its manifest says ${entry.sha256}: the file was changed or damaged. Copy it again or export the model again.`,
      { field: path },
    );
  return path;
}

/** Two files of one package cannot be one, nor be named like those that describe it. Throws `bad-file`. */
export function refuseSharedNames(files: readonly ManifestFile[], manifestPath: string): void {
  const names = files.map(({ path }) => path.toLowerCase());
  const twice = files.find(({ path }, i) => names.indexOf(path.toLowerCase()) !== i || [MANIFEST_FILE, SUMS_FILE.toLowerCase()].includes(path.toLowerCase()));
  if (twice !== undefined)
    throw new RobencError('bad-file', `${manifestPath} lists "${twice.path}" for two things. Export the model again.`, { field: manifestPath });
}

/** Compares SHA256SUMS with the manifest. Packages of schema version 1 have none (`required` is false). Throws `bad-file` naming what was edited. */
export function checkSums(folder: string, manifest: Manifest, digest: string, required: boolean): void {
  const path = join(folder, SUMS_FILE);
  if (!existsSync(path)) {
    if (!required) return;
    throw new RobencError('bad-file', `${path} is missing. Copy the whole package again or export the model again.`, { field: path });
  }
  if (!lstatSync(path).isFile()) throw new RobencError('bad-file', `${path} is a link. Put the file itself into the package instead.`, { field: path });
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new RobencError('io', `Could not read ${path}: ${messageOf(cause)}.`, { cause, field: path });
  }
  const expected = sumsText(manifest, digest);
  if (text === expected) return;
  const edited = !text.split('\n').includes(`${digest}  ${MANIFEST_FILE}`);
  const message = edited
    ? `${join(folder, MANIFEST_FILE)} is not the one that ${SUMS_FILE} was written for: one of the two was edited or damaged. Copy the package again or export the model again.`
    : `${path} does not say what ${MANIFEST_FILE} says: it was edited or damaged. Copy the package again or export the model again.`;
  throw new RobencError('bad-file', message, { field: edited ? join(folder, MANIFEST_FILE) : path });
}
