/** @file Where things lie in a models folder: `<models>/<name>/<version>/manifest.json`, and `<models>/<name>/latest` naming a version. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PackageName, type FileRole } from '../config/manifest.js';
import { messageOf, RobencError } from '../errors.js';

export const MANIFEST_FILE = 'manifest.json';
export const LATEST_FILE = 'latest';

/** The file that each graph is written to. */
export const FILE_NAMES: Readonly<Record<FileRole, string>> = {
  encoder: 'encoder.onnx',
  classifier: 'classifier.onnx',
  gradient: 'gradient.onnx',
  embeddingGradient: 'embedding-gradient.onnx',
  aggregateHead: 'aggregate-head.onnx',
};

export const FILE_ROLES = Object.keys(FILE_NAMES) as readonly FileRole[];

const SAFE_NAME = new RegExp(PackageName.pattern!);

/** `part` (`name` or `version`) if it is safe as a folder name; else `usage`. */
export function checkName(part: 'name' | 'version', value: string): string {
  if (!SAFE_NAME.test(value) || value.endsWith('.') || value === LATEST_FILE)
    throw new RobencError(
      'usage',
      `The ${part} "${value}" of a model package must be ${PackageName.description!}, must not end in a dot and must not be "${LATEST_FILE}".`,
      { field: part },
    );
  return value;
}

/** Splits `name` or `name@version`. Throws `usage` for anything else. */
export function parseReference(reference: string): { name: string; version: string | undefined } {
  const at = reference.indexOf('@');
  const name = at < 0 ? reference : reference.slice(0, at);
  const version = at < 0 ? undefined : reference.slice(at + 1);
  return { name: checkName('name', name), version: version === undefined ? undefined : checkName('version', version) };
}

/** Versions in the order people expect: 2 before 10, 1.9 before 1.10. */
export function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true }) || (a < b ? -1 : a > b ? 1 : 0);
}

/** The folders of a folder that may be packages, hidden ones left out; empty when it does not exist. */
export function visibleFolders(path: string): string[] {
  try {
    return readdirSync(path).filter((entry) => SAFE_NAME.test(entry) && statSync(join(path, entry), { throwIfNoEntry: false })?.isDirectory() === true);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new RobencError('io', `Could not read the folder ${path}: ${messageOf(cause)}.`, { cause, field: path });
  }
}

/** The versions of a package that are complete (have a manifest), oldest first. */
export function versionsOf(modelsFolder: string, name: string): string[] {
  const folder = join(modelsFolder, name);
  return visibleFolders(folder)
    .filter((version) => statSync(join(folder, version, MANIFEST_FILE), { throwIfNoEntry: false })?.isFile() === true)
    .sort(compareVersions);
}

/** The version that `latest` names, or null when there is no such file. Throws `bad-file` when it names no version. */
export function readLatest(modelsFolder: string, name: string): string | null {
  const path = join(modelsFolder, name, LATEST_FILE);
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new RobencError('io', `Could not read ${path}: ${messageOf(cause)}.`, { cause, field: path });
  }
  const versions = versionsOf(modelsFolder, name);
  if (!versions.includes(text))
    throw new RobencError(
      'bad-file',
      `${path} names the version "${text.slice(0, 80)}", which is not there. Write one of these into it: ${versions.join(', ') || '(none)'}.`,
      { field: path },
    );
  return text;
}
