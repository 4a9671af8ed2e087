/** @file Making a package in a hidden folder, where its files can be tried, until one rename makes it appear. */
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { MANIFEST_SCHEMA_VERSION, type FileRole, type Manifest, type ManifestFile, type ManifestVariant, type VariantName } from '../config/manifest.js';
import { readManifest } from '../config/manifest-migrations.js';
import { messageOf, RobencError } from '../errors.js';
import { syncFolder, writeFileAtomic } from '../files.js';
import { sha256 } from './digest.js';
import { checkLabel, labelsOf } from './labels.js';
import { checkName, FILE_NAMES, LATEST, MANIFEST_FILE, SIGNATURE_FILE, SUMS_FILE, versionsOf, visibleFolders } from './layout.js';
import { withLock } from './lock.js';
import { point } from './registry.js';
import { signatureText } from './signature.js';
import { sumsText } from './sums.js';

/** What the caller says about the model; the rest of the manifest follows from the files. `origin` is a training run when left out. */
export type PackageDescription = Omit<Manifest, 'schemaVersion' | 'name' | 'version' | 'files' | 'variants' | 'origin'> & Partial<Pick<Manifest, 'origin'>>;

export interface Publication {
  /** `auto` takes the next whole number. */
  readonly version: string;
  readonly manifest: PackageDescription;
  /** Labels to point at it. Default: `latest`. */
  readonly labels?: readonly string[];
  /** An ed25519 private key to sign the manifest with. */
  readonly key?: KeyObject | undefined;
}

export interface WrittenPackage {
  readonly folder: string;
  readonly manifest: Manifest;
  /** SHA-256 of manifest.json, which holds the digests of all files: names the whole package. */
  readonly digest: string;
}

/** What is known of a variant besides its files. */
export type VariantDescription = Omit<ManifestVariant, 'files' | 'bytes'>;
type VariantFile = keyof ManifestVariant['files'];

export class Staging {
  /** Where the files lie for now. */
  readonly folder: string;
  readonly #models: string;
  readonly #name: string;
  readonly #hidden: string;
  readonly #files = new Map<FileRole, ManifestFile>();
  readonly #variants = new Map<VariantName, { readonly description: VariantDescription; readonly files: Map<VariantFile, ManifestFile> }>();

  /** Makes the hidden folder. Throws `usage` for an unsafe name, `io` when the disk refuses. */
  constructor(modelsFolder: string, name: string) {
    this.#models = modelsFolder;
    this.#name = checkName('name', name);
    const home = join(modelsFolder, name);
    this.#hidden = guarded(home, () => {
      mkdirSync(home, { recursive: true });
      return mkdtempSync(join(home, `.staged-${process.pid}-`));
    });
    // One level down, because mkdtemp's own folder could be read by its owner only.
    this.folder = join(this.#hidden, 'package');
    guarded(home, () => mkdirSync(this.folder));
  }

  /** Writes a file of the package; its path. */
  put(role: FileRole, data: Uint8Array | string): string {
    this.#files.set(role, this.#write(FILE_NAMES[role], data));
    return join(this.folder, FILE_NAMES[role]);
  }

  /** Writes a file of a variant, `classifier.int8.onnx` for example; its path. */
  putVariant(variant: VariantName, role: VariantFile, data: Uint8Array): string {
    const name = FILE_NAMES[role].replace(/(?=\.\w+$)/, `.${variant}`);
    const { files } = this.#variants.get(variant) ?? { files: new Map<VariantFile, ManifestFile>() };
    files.set(role, this.#write(name, data));
    this.#variants.set(variant, { description: { method: 'unknown' }, files });
    return join(this.folder, name);
  }

  describeVariant(variant: VariantName, description: VariantDescription): void {
    const found = this.#variants.get(variant);
    if (found === undefined) throw new Error(`The variant ${variant} has no files yet.`);
    this.#variants.set(variant, { ...found, description });
  }

  /** The manifest as it would be published under a version. Throws `bad-file` naming the field that breaks the schema. */
  manifest(version: string, description: PackageDescription): Manifest {
    const own = { schemaVersion: MANIFEST_SCHEMA_VERSION, name: this.#name, version };
    const variants = Object.fromEntries([...this.#variants].map(([name, variant]) => [name, variantEntry(variant)]));
    // Twice: first so that they stand at the top, last so that a description taken from another manifest cannot bring its own.
    return readManifest(
      {
        ...own,
        origin: { kind: 'run' },
        ...description,
        ...own,
        files: Object.fromEntries(this.#files),
        ...(this.#variants.size === 0 ? {} : { variants }),
      },
      MANIFEST_FILE,
    );
  }

  /**
   * Writes manifest, sums and signature, makes the package appear, and points the labels at it. The staging is over then.
   * Throws `usage` for a version that is there: versions do not change.
   */
  publish({ version, manifest, labels = [LATEST], key }: Publication): WrittenPackage {
    checkPublication(version, labels);
    const home = join(this.#models, this.#name);
    return guarded(home, () =>
      withLock(home, () => {
        const chosen = version === 'auto' ? nextVersion(this.#models, this.#name) : version;
        if (visibleFolders(home).includes(chosen)) throw alreadyThere(this.#name, chosen);
        if (labelsOf(this.#models, this.#name).some(({ label }) => label === chosen) || labels.includes(chosen))
          throw new RobencError('usage', `"${chosen}" is a label of ${this.#name}, so it cannot be a version. Choose another.`, { field: 'version' });
        const taken = labels.find((label) => visibleFolders(home).includes(label));
        if (taken !== undefined)
          throw new RobencError('usage', `"${taken}" is a version of ${this.#name}, so it cannot be a label. Choose another.`, { field: 'label' });
        const whole = this.manifest(chosen, manifest);
        const text = `${JSON.stringify(whole, null, 2)}\n`;
        const digest = sha256(text);
        writeFileAtomic(join(this.folder, MANIFEST_FILE), text);
        writeFileAtomic(join(this.folder, SUMS_FILE), sumsText(whole, digest));
        if (key !== undefined) writeFileAtomic(join(this.folder, SIGNATURE_FILE), signatureText(Buffer.from(text), key));
        const folder = join(home, chosen);
        renameSync(this.folder, folder);
        syncFolder(home);
        for (const label of labels) point(this.#models, this.#name, label, chosen);
        this.discard();
        return { folder, manifest: whole, digest };
      }),
    );
  }

  /** Removes what was staged. */
  discard(): void {
    rmSync(this.#hidden, { recursive: true, force: true });
  }

  #write(name: string, data: Uint8Array | string): ManifestFile {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    guarded(this.folder, () => writeFileAtomic(join(this.folder, name), bytes));
    return { path: name, bytes: bytes.byteLength, sha256: sha256(bytes) };
  }
}

/** What can be said of a version and labels before there is anything to publish. Throws `usage` for names that none can have. */
export function checkPublication(version: string, labels: readonly string[]): void {
  if (version !== 'auto') checkName('version', version);
  for (const label of labels) checkLabel(label);
}

function variantEntry({ description, files }: { description: VariantDescription; files: ReadonlyMap<string, ManifestFile> }): object {
  return { files: Object.fromEntries(files), ...description, bytes: [...files.values()].reduce((sum, { bytes }) => sum + bytes, 0) };
}

function nextVersion(modelsFolder: string, name: string): string {
  const taken = [...versionsOf(modelsFolder, name), ...visibleFolders(join(modelsFolder, name))];
  return String(Math.max(0, ...taken.filter((version) => /^\d{1,15}$/.test(version)).map(Number)) + 1);
}

function alreadyThere(name: string, version: string): RobencError {
  return new RobencError(
    'usage',
    `The model package ${name}@${version} is there already, and versions do not change. Choose another version ("auto" takes the next number), or remove that one first: robenc models remove ${name}@${version}.`,
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
