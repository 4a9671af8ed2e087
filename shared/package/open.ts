/** @file Opening a model package: schema, digests and paths are checked before anyone sees a file name. */
import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import type { FileRole, Manifest, VariantName } from '../config/manifest.js';
import { readManifest } from '../config/manifest-migrations.js';
import { messageOf, RobencError } from '../errors.js';
import { sha256 } from './digest.js';
import { labelsOf, parseReference, resolveReference } from './labels.js';
import { MANIFEST_FILE, versionsOf, visibleFolders } from './layout.js';
import { checkSignature, type Trust } from './signature.js';
import { listedFiles } from './sums.js';
import { checkSums, refuseSharedNames, verifiedPath } from './verified-file.js';

/** An opened package: everything in it agrees with its manifest. */
export interface ModelPackage {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  /** SHA-256 of manifest.json, which holds the digests of all files: names the whole package. */
  readonly digest: string;
  readonly manifest: Manifest;
  /** Absolute path of a file, or null where the package has none. `variant` asks for that variant's own. */
  path(role: FileRole, variant?: VariantName): string | null;
}

export interface OpenOptions {
  /** Whose signature is asked for. Without it signatures are not looked at. */
  readonly trust?: Trust | undefined;
}

/**
 * Opens the package in a folder, or, with a reference (`name`, `name@version` or `name@label`), from a models folder. `name` alone means the latest version.
 * Throws `not-found` (naming what is there), or `bad-file` naming the file that is cut off, changed, a link, outside the package or not signed.
 */
export async function openPackage(folder: string, reference?: string, options: OpenOptions = {}): Promise<ModelPackage> {
  if (reference === undefined) return open(resolve(folder), options);
  const chosen = resolveReference(folder, reference);
  if (chosen === null) throw missing(folder, reference);
  const { name, version } = chosen;
  const home = resolve(folder, name, version);
  if (!isInside(realpathSync(home), realpathSync(folder)))
    throw new RobencError('bad-file', `${home} leads out of the models folder ${folder}. Copy the package into it instead of linking.`, { field: home });
  const opened = await open(home, options);
  if (opened.name !== name || opened.version !== version)
    throw new RobencError(
      'bad-file',
      `${join(home, MANIFEST_FILE)} says ${opened.name}@${opened.version}, but lies in the folder of ${name}@${version}. Rename the folder or export again.`,
      { field: home },
    );
  return opened;
}

async function open(folder: string, { trust }: OpenOptions): Promise<ModelPackage> {
  const path = join(folder, MANIFEST_FILE);
  const text = readManifestFile(path);
  if (trust !== undefined) checkSignature(folder, text, trust);
  const stored = parse(text, path);
  const manifest = readManifest(stored, path);
  const digest = sha256(text);
  const files = listedFiles(manifest);
  refuseSharedNames(files, path);
  checkSums(folder, manifest, digest, (stored as Manifest).schemaVersion >= 2);
  const paths = new Map(await allInOrder(files.map(async (entry) => [entry.path, await verifiedPath(folder, entry)] as const)));
  return {
    folder,
    name: manifest.name,
    version: manifest.version,
    digest,
    manifest,
    path(role, variant) {
      const of: Partial<Record<FileRole, { readonly path: string }>> = variant === undefined ? manifest.files : (manifest.variants?.[variant]?.files ?? {});
      return paths.get(of[role]?.path ?? '') ?? null;
    },
  };
}

/** As Promise.all, but what is thrown is the first failure of the list, not the one that happened first: the same damage always gives the same message. */
async function allInOrder<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  return (await Promise.allSettled(promises)).map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

function readManifestFile(path: string): Buffer {
  try {
    if (lstatSync(path).isSymbolicLink())
      throw new RobencError('bad-file', `${path} is a link. Put the file itself into the package instead.`, { field: path });
    return readFileSync(path);
  } catch (cause) {
    if (cause instanceof RobencError) throw cause;
    if (['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? ''))
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

function isInside(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function missing(modelsFolder: string, reference: string): RobencError {
  const { name, version } = parseReference(reference);
  const versions = versionsOf(modelsFolder, name);
  if (versions.length > 0) {
    const labels = labelsOf(modelsFolder, name).map(({ label }) => label);
    return new RobencError(
      'not-found',
      `No version "${version}" of the model "${name}" in ${modelsFolder}. There are: ${versions.join(', ')}${labels.length === 0 ? '' : `; labels: ${labels.join(', ')}`}.`,
      { field: 'model' },
    );
  }
  const names = visibleFolders(modelsFolder).filter((other) => versionsOf(modelsFolder, other).length > 0);
  return new RobencError('not-found', `No model "${name}" in ${modelsFolder}. There are: ${names.join(', ') || 'none; `robenc export` makes one'}.`, {
    field: 'model',
  });
}
