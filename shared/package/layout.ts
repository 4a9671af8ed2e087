/** @file Where things lie in a models folder: `<models>/<name>/<version>/manifest.json`, and which names are safe as folder names. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PackageName, type FileRole, type GraphRole } from '../config/manifest.js';
import { messageOf, RobencError } from '../errors.js';

export const MANIFEST_FILE = 'manifest.json';
/** SHA-256 of the manifest and of every file that it lists, in the form that `sha256sum -c` reads. */
export const SUMS_FILE = 'SHA256SUMS';
/** Detached ed25519 signature of the manifest. */
export const SIGNATURE_FILE = 'manifest.json.sig';
/** The label that a name alone stands for. */
export const LATEST = 'latest';
/** The folder of all other labels, beside the versions. */
export const LABELS_FOLDER = 'labels';

/** The file that each graph is written to. */
export const GRAPH_FILES: Readonly<Record<GraphRole, string>> = {
  encoder: 'encoder.onnx',
  classifier: 'classifier.onnx',
  aggregateHead: 'aggregate-head.onnx',
  aggregateClassifier: 'aggregate-classifier.onnx',
  gradient: 'gradient.onnx',
  cropsGradient: 'crops-gradient.onnx',
  embeddingGradient: 'embedding-gradient.onnx',
  attack: 'attack.onnx',
};

/** The name of every file that a package may have. */
export const FILE_NAMES: Readonly<Record<FileRole, string>> = {
  ...GRAPH_FILES,
  weights: 'weights.bin',
  golden: 'golden.json',
  card: 'MODEL_CARD.md',
  picture: 'picture.png',
};

export const GRAPH_ROLES = Object.keys(GRAPH_FILES) as readonly GraphRole[];
export const FILE_ROLES = Object.keys(FILE_NAMES) as readonly FileRole[];

const SAFE_NAME = new RegExp(PackageName.pattern!);
/** Names that mean something else beside the versions of a model. */
const RESERVED = [LATEST, LABELS_FOLDER];

/** `part` (`name` or `version`) if it is safe as a folder name; else `usage`. */
export function checkName(part: 'name' | 'version', value: string): string {
  if (!SAFE_NAME.test(value) || value.endsWith('.') || RESERVED.includes(value))
    throw new RobencError(
      'usage',
      `The ${part} "${value}" of a model package must be ${PackageName.description!}, must not end in a dot and must not be ${RESERVED.map((name) => `"${name}"`).join(' or ')}.`,
      { field: part },
    );
  return value;
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
    .filter((version) => !RESERVED.includes(version) && statSync(join(folder, version, MANIFEST_FILE), { throwIfNoEntry: false })?.isFile() === true)
    .sort(compareVersions);
}
