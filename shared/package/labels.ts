/** @file Labels of a model: pointers to versions, each one small file that is replaced in one step. `latest` is one of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PackageName } from '../config/manifest.js';
import { messageOf, RobencError } from '../errors.js';
import { checkName, LABELS_FOLDER, LATEST, versionsOf } from './layout.js';

/** Where a label points, and where it pointed before, most recent first. The file has one version a line in this order. */
export interface Label {
  readonly label: string;
  readonly version: string;
  readonly before: readonly string[];
}

/** How far back a label remembers. */
const REMEMBERED = 20;

/** The file of a label: `<models>/<name>/latest`, or `<models>/<name>/labels/<label>`. */
export function labelPath(modelsFolder: string, name: string, label: string): string {
  return label === LATEST ? join(modelsFolder, name, LATEST) : join(modelsFolder, name, LABELS_FOLDER, checkLabel(label));
}

/** `label` if it is safe as a file name; else `usage`. */
export function checkLabel(label: string): string {
  if (!isLabel(label) || label.endsWith('.'))
    throw new RobencError('usage', `The label "${label}" must be ${PackageName.description!}, must not end in a dot and must not be a number.`, {
      field: 'label',
    });
  return label;
}

/** What a label says, whether or not that version is still there; null where there is no such label. Throws `bad-file` when its file holds something else. */
export function readLabel(modelsFolder: string, name: string, label: string): Label | null {
  const path = labelPath(modelsFolder, name, label);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '')) return null;
    throw new RobencError('io', `Could not read ${path}: ${messageOf(cause)}.`, { cause, field: path });
  }
  const [version, ...before] = text.split('\n').flatMap((line) => line.trim() || []);
  if (version === undefined || ![version, ...before].every(isVersion))
    throw new RobencError('bad-file', `${path} holds ${JSON.stringify(text.slice(0, 80))}, which is no version. Promote a version again, or remove the file.`, {
      field: path,
    });
  return { label, version, before: before.slice(0, REMEMBERED) };
}

/** The text of a label's file. */
export function labelText({ version, before }: Pick<Label, 'version' | 'before'>): string {
  return [version, ...before.slice(0, REMEMBERED)].map((line) => `${line}\n`).join('');
}

/** All labels of a model, `latest` first. */
export function labelsOf(modelsFolder: string, name: string): Label[] {
  return [LATEST, ...labelFiles(join(modelsFolder, name, LABELS_FOLDER))].flatMap((label) => readLabel(modelsFolder, name, label) ?? []);
}

/** The version that a label names, or null when there is no such label. Throws `bad-file` when that version is not there. */
export function versionOfLabel(modelsFolder: string, name: string, label: string): string | null {
  let found = readLabel(modelsFolder, name, label);
  while (found !== null) {
    const versions = versionsOf(modelsFolder, name);
    if (versions.includes(found.version)) return found.version;
    // Between the two looks another process may have moved the label and removed the version.
    const again = readLabel(modelsFolder, name, label);
    if (again?.version === found.version)
      throw new RobencError(
        'bad-file',
        `${labelPath(modelsFolder, name, label)} names the version "${found.version}", which is not there. Promote one of these: ${versions.join(', ') || '(none)'}.`,
        { field: labelPath(modelsFolder, name, label) },
      );
    found = again;
  }
  return null;
}

/** Splits `name`, `name@version` or `name@label`. Throws `usage` for anything else. */
export function parseReference(reference: string): { name: string; version: string | undefined } {
  const at = reference.indexOf('@');
  const name = at < 0 ? reference : reference.slice(0, at);
  const version = at < 0 ? undefined : reference.slice(at + 1);
  return { name: checkName('name', name), version: version === undefined || version === LATEST ? version : checkName('version', version) };
}

/**
 * The version that `name`, `name@version` or `name@label` means; a version is tried before a label of the same name.
 * `name` alone is `latest`, or the highest version where no label says so. Null when there is none. Throws `bad-file` for a label without its version.
 */
export function resolveReference(modelsFolder: string, reference: string): { name: string; version: string; label: string | null } | null {
  const { name, version } = parseReference(reference);
  if (version !== undefined && version !== LATEST && versionsOf(modelsFolder, name).includes(version)) return { name, version, label: null };
  const label = version ?? LATEST;
  const found = isLabel(label) ? versionOfLabel(modelsFolder, name, label) : null;
  const chosen = found ?? (label === LATEST ? (versionsOf(modelsFolder, name).at(-1) ?? null) : null);
  return chosen === null ? null : { name, version: chosen, label };
}

function labelFiles(folder: string): string[] {
  try {
    return readdirSync(folder).filter(isLabel).sort();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new RobencError('io', `Could not read the folder ${folder}: ${messageOf(cause)}.`, { cause, field: folder });
  }
}

function isVersion(text: string): boolean {
  return new RegExp(PackageName.pattern!).test(text) && text !== LATEST;
}

/** Numbers are versions, so that a forgotten label never hides a mistyped version. */
function isLabel(text: string): boolean {
  return text === LATEST || (isVersion(text) && !/^\d+$/.test(text));
}
