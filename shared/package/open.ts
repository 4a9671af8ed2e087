/** @file Opening a model package: schema, digests and paths are checked before anyone sees a file name. */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { check } from '../config/check.js';
import { Manifest, type FileRole } from '../config/manifest.js';
import { messageOf, RobencError } from '../errors.js';
import { sha256, sha256OfFile } from './digest.js';
import { FILE_ROLES, MANIFEST_FILE, parseReference, versionsOf, visibleFolders } from './layout.js';
import { latestVersion } from './list.js';

/** An opened package: everything in it agrees with its manifest. */
export interface ModelPackage {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  /** SHA-256 of manifest.json, which holds the digests of all files: names the whole package. */
  readonly digest: string;
  readonly manifest: Manifest;
  /** Absolute path of a graph, or null where the package has none. */
  path(role: FileRole): string | null;
}

/**
 * Opens the package in a folder, or, with a reference (`name` or `name@version`), from a models folder. `name` alone means the latest version.
 * Throws `not-found` (naming what is there), or `bad-file` naming the file that is cut off, changed, or outside the package.
 */
export async function openPackage(folder: string, reference?: string): Promise<ModelPackage> {
  if (reference === undefined) return open(resolve(folder));
  const { name, version } = parseReference(reference);
  const chosen = version ?? latestVersion(folder, name);
  if (chosen === null || !versionsOf(folder, name).includes(chosen)) throw missing(folder, name, version);
  const home = resolve(folder, name, chosen);
  if (!isInside(realpathSync(home), realpathSync(folder)))
    throw new RobencError('bad-file', `${home} leads out of the models folder ${folder}. Copy the package into it instead of linking.`, { field: home });
  const opened = await open(home);
  if (opened.name !== name || opened.version !== chosen)
    throw new RobencError(
      'bad-file',
      `${join(home, MANIFEST_FILE)} says ${opened.name}@${opened.version}, but lies in the folder of ${name}@${chosen}. Rename the folder or export again.`,
      { field: home },
    );
  return opened;
}

async function open(folder: string): Promise<ModelPackage> {
  const path = join(folder, MANIFEST_FILE);
  const text = readManifest(path);
  const manifest = check(Manifest, parse(text, path), path, { code: 'bad-file' });
  const paths = new Map<FileRole, string>();
  for (const role of FILE_ROLES) {
    const entry = manifest.files[role];
    if (entry !== undefined) paths.set(role, await verifiedPath(folder, entry));
  }
  return { folder, name: manifest.name, version: manifest.version, digest: sha256(text), manifest, path: (role) => paths.get(role) ?? null };
}

function readManifest(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
      throw new RobencError(
        'not-found',
        `There is no model package here: ${path} does not exist. Give a folder that holds a manifest.json; \`robenc export\` writes one.`,
        { cause, field: path },
      );
    throw new RobencError('io', `Could not read ${path}: ${messageOf(cause)}.`, { cause, field: path });
  }
}

function parse(text: Buffer, path: string): unknown {
  try {
    return JSON.parse(text.toString('utf8'));
  } catch (cause) {
    throw new RobencError('bad-file', `${path} is not JSON: ${messageOf(cause)}. It may be cut off; export the model again.`, { cause, field: path });
  }
}

/** The path of a file whose size and digest are as the manifest says, and which lies in the package even after links are followed. */
async function verifiedPath(folder: string, entry: { path: string; bytes: number; sha256: string }): Promise<string> {
  const path = join(folder, entry.path);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || !found.isFile())
    throw new RobencError('bad-file', `${path} is missing, but the manifest lists it. Copy the whole package again or export the model again.`, {
      field: path,
    });
  if (!isInside(realpathSync(path), realpathSync(folder)))
    throw new RobencError('bad-file', `${path} leads out of its package. Put the file itself there instead of a link.`, { field: path });
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

function isInside(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function missing(modelsFolder: string, name: string, version: string | undefined): RobencError {
  const versions = versionsOf(modelsFolder, name);
  if (versions.length > 0)
    return new RobencError('not-found', `No version "${version}" of the model "${name}" in ${modelsFolder}. There are: ${versions.join(', ')}.`, {
      field: 'model',
    });
  const names = visibleFolders(modelsFolder).filter((other) => versionsOf(modelsFolder, other).length > 0);
  return new RobencError('not-found', `No model "${name}" in ${modelsFolder}. There are: ${names.join(', ') || 'none; `robenc export` makes one'}.`, {
    field: 'model',
  });
}
