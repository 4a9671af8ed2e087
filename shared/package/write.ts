/** @file Writing a model package so that a reader sees all of it or nothing: hidden folder, fsync, rename, then the `latest` pointer. */
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { check } from '../config/check.js';
import { Manifest, MANIFEST_SCHEMA_VERSION, type FileRole, type ManifestFile } from '../config/manifest.js';
import { messageOf, RobencError } from '../errors.js';
import { syncFolder, writeFileAtomic } from '../files.js';
import { sha256 } from './digest.js';
import { checkName, FILE_NAMES, FILE_ROLES, LATEST_FILE, MANIFEST_FILE, versionsOf, visibleFolders } from './layout.js';

/** What the caller says about the model; the rest of the manifest follows from the files. */
export type PackageDescription = Omit<Manifest, 'schemaVersion' | 'name' | 'version' | 'files'>;

export interface PackageToWrite {
  readonly name: string;
  /** `auto` takes the next whole number. */
  readonly version: string;
  /** Bytes of each graph, or the path of a file that holds them. */
  readonly files: Readonly<Partial<Record<FileRole, Uint8Array | string>>>;
  readonly manifest: PackageDescription;
  /** Replace a version that is there. */
  readonly force?: boolean;
  /** Make `name` without a version mean this one. Default: true. */
  readonly latest?: boolean;
}

export interface WrittenPackage {
  readonly folder: string;
  readonly manifest: Manifest;
  /** SHA-256 of manifest.json, which holds the digests of all files: names the whole package. */
  readonly digest: string;
}

/**
 * Writes `<modelsFolder>/<name>/<version>`. A failure on the way leaves the folder as it was.
 * Throws `usage` for a bad name or a version that is there (without `force`), `bad-input` for a manifest that breaks its schema, `io` when the disk refuses.
 */
export function writePackage(modelsFolder: string, job: PackageToWrite): WrittenPackage {
  const home = join(modelsFolder, checkName('name', job.name));
  if (job.version !== 'auto') checkName('version', job.version);
  const files = readFiles(job.files);
  return guarded(home, () => {
    mkdirSync(home, { recursive: true });
    const hidden = mkdtempSync(join(home, '.staged-'));
    try {
      // One level down, because mkdtemp's own folder could be read by its owner only.
      const staged = join(hidden, 'package');
      mkdirSync(staged);
      for (const [role, bytes] of files) writeFileAtomic(join(staged, FILE_NAMES[role]), bytes);
      const written = publish(modelsFolder, job, files, staged);
      if (job.latest !== false) writeFileAtomic(join(home, LATEST_FILE), `${written.manifest.version}\n`);
      return written;
    } finally {
      rmSync(hidden, { recursive: true, force: true });
    }
  });
}

/** Writes the manifest into the staged folder and moves that to its place; with `auto` tries the next number when another writer was faster. */
function publish(modelsFolder: string, job: PackageToWrite, files: ReadonlyMap<FileRole, Uint8Array>, staged: string): WrittenPackage {
  const home = join(modelsFolder, job.name);
  for (;;) {
    const version = job.version === 'auto' ? nextVersion(modelsFolder, job.name) : job.version;
    const folder = join(home, version);
    if (job.version !== 'auto' && job.force !== true && visibleFolders(home).includes(version)) throw alreadyThere(job.name, version);
    const own = { schemaVersion: MANIFEST_SCHEMA_VERSION, name: job.name, version };
    // Twice: first so that they stand at the top, last so that a description taken from another manifest cannot bring its own.
    const manifest = check(Manifest, { ...own, ...job.manifest, ...own, files: fileEntries(files) }, MANIFEST_FILE);
    const text = `${JSON.stringify(manifest, null, 2)}\n`;
    writeFileAtomic(join(staged, MANIFEST_FILE), text);
    if (move(staged, folder, job.force === true)) return { folder, manifest, digest: sha256(text) };
    if (job.version !== 'auto') throw alreadyThere(job.name, version);
  }
}

/** False when a folder is in the way. With `force` the old one steps aside first, and comes back should the move fail. */
function move(staged: string, folder: string, force: boolean): boolean {
  const home = join(folder, '..');
  const aside = force ? mkdtempSync(join(home, '.replaced-')) : null;
  const parked = aside === null ? null : join(aside, 'old');
  try {
    if (parked !== null) renameIfThere(folder, parked);
    try {
      renameSync(staged, folder);
    } catch (cause) {
      if (parked !== null) renameIfThere(parked, folder);
      if (['ENOTEMPTY', 'EEXIST', 'EPERM'].includes((cause as NodeJS.ErrnoException).code ?? '') && !force) return false;
      throw cause;
    }
    syncFolder(home);
    return true;
  } finally {
    if (aside !== null) rmSync(aside, { recursive: true, force: true });
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
  }
}

function nextVersion(modelsFolder: string, name: string): string {
  const taken = [...versionsOf(modelsFolder, name), ...visibleFolders(join(modelsFolder, name))];
  return String(Math.max(0, ...taken.filter((version) => /^\d{1,15}$/.test(version)).map(Number)) + 1);
}

function readFiles(files: PackageToWrite['files']): Map<FileRole, Uint8Array> {
  const read = new Map<FileRole, Uint8Array>();
  for (const role of FILE_ROLES) {
    const source = files[role];
    if (source === undefined) continue;
    read.set(role, typeof source === 'string' ? guarded(source, () => readFileSync(source)) : source);
  }
  return read;
}

function fileEntries(files: ReadonlyMap<FileRole, Uint8Array>): Partial<Record<FileRole, ManifestFile>> {
  return Object.fromEntries([...files].map(([role, bytes]) => [role, { path: FILE_NAMES[role], bytes: bytes.byteLength, sha256: sha256(bytes) }]));
}

function alreadyThere(name: string, version: string): RobencError {
  return new RobencError(
    'usage',
    `The model package ${name}@${version} is there already. Choose another version ("auto" takes the next number), or pass --force to replace it.`,
    { field: 'version' },
  );
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof RobencError) throw cause;
    throw new RobencError(
      'io',
      `Could not write the model package under ${path}: ${messageOf(cause)}. Check that the folder is writable and the disk not full.`,
      { cause, field: path },
    );
  }
}
