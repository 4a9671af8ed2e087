/** @file Changing what a models folder holds: labels, removal, clearing up. Safe among several processes, and when one of them is killed. */
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, RobencError } from '../errors.js';
import { syncFolder, writeFileAtomic } from '../files.js';
import { processRuns } from '../temporary-files.js';
import { checkLabel, labelPath, labelsOf, labelText, readLabel, type Label } from './labels.js';
import { checkName, compareVersions, LATEST, versionsOf, visibleFolders } from './layout.js';
import { withLock } from './lock.js';

/** A label that was moved; `from` is where it pointed before, null for a new one. */
export interface Moved {
  readonly name: string;
  readonly label: string;
  readonly from: string | null;
  readonly to: string;
}

/** Points `label` at a version. Throws `not-found` for a version that is not there, `usage` for an unsafe label or one that is called like a version. */
export function promote(modelsFolder: string, { name, version, label = LATEST }: { name: string; version: string; label?: string }): Moved {
  checkLabel(label);
  checkName('name', name);
  return locked(modelsFolder, name, () => {
    const versions = versionsOf(modelsFolder, name);
    if (!versions.includes(version)) throw noVersion(modelsFolder, name, version, versions);
    if (versions.includes(label))
      throw new RobencError('usage', `"${label}" is a version of ${name}, so it cannot be a label. Choose another name.`, { field: 'label' });
    return point(modelsFolder, name, label, version);
  });
}

/** Points `label` back at the version before. Throws `not-found` where there is no such label or nothing before it that is still there. */
export function rollback(modelsFolder: string, { name, label = LATEST }: { name: string; label?: string }): Moved {
  checkLabel(label);
  checkName('name', name);
  return locked(modelsFolder, name, () => {
    const found = readLabel(modelsFolder, name, label);
    if (found === null)
      throw new RobencError('not-found', `${name} has no label "${label}". There are: ${labelNames(modelsFolder, name)}.`, { field: 'label' });
    const versions = versionsOf(modelsFolder, name);
    const index = found.before.findIndex((version) => versions.includes(version));
    const to = found.before[index];
    if (to === undefined)
      throw new RobencError('not-found', `The label "${label}" of ${name} points at ${found.version} and has no version before it to go back to.`, {
        field: 'label',
      });
    write(modelsFolder, name, { label, version: to, before: found.before.slice(index + 1) });
    return { name, label, from: found.version, to };
  });
}

/**
 * Removes a version, in one step for readers. Throws `usage` when a label points at it, unless that is `latest` alone, which then moves to the highest
 * version that is left.
 */
export function removeVersion(modelsFolder: string, { name, version }: { name: string; version: string }): { readonly latest: string | null } {
  checkName('name', name);
  return locked(modelsFolder, name, () => {
    const versions = versionsOf(modelsFolder, name);
    if (!versions.includes(version)) throw noVersion(modelsFolder, name, version, versions);
    const labels = labelsOf(modelsFolder, name);
    const holding = labels.filter((one) => one.version === version && one.label !== LATEST).map(({ label }) => label);
    if (holding.length > 0)
      throw new RobencError(
        'usage',
        `${name}@${version} is what the label${holding.length === 1 ? '' : 's'} ${holding.join(', ')} of ${name} point${holding.length === 1 ? 's' : ''} at. Promote another version first.`,
        { field: 'version' },
      );
    const left = versions.filter((other) => other !== version).sort(compareVersions);
    const latest = labels.find(({ label }) => label === LATEST);
    if (latest?.version === version) {
      const to = left.at(-1);
      if (to === undefined) rmSync(labelPath(modelsFolder, name, LATEST), { force: true });
      else write(modelsFolder, name, { label: LATEST, version: to, before: latest.before.filter((other) => other !== version && other !== to) });
    }
    // Renamed first, so that no reader sees a folder from which files vanish.
    const home = join(modelsFolder, name);
    const hidden = join(home, `.removed-${process.pid}-${version}`);
    rmSync(hidden, { recursive: true, force: true });
    renameSync(join(home, version), hidden);
    syncFolder(home);
    rmSync(hidden, { recursive: true, force: true });
    return { latest: left.length === 0 ? null : (readLabel(modelsFolder, name, LATEST)?.version ?? left.at(-1)!) };
  });
}

export interface Garbage {
  /** Relative to the models folder. */
  readonly path: string;
  readonly reason: string;
}

/**
 * What killed processes left behind, and with `keep` the versions without a label beyond the newest `keep` of each model. Removes it unless `dryRun`.
 * `now` is the time in milliseconds: hidden folders that are younger than a day stay where their process may still be at work on them.
 */
export function collectGarbage(
  modelsFolder: string,
  { keep = null, dryRun = false, now }: { keep?: number | null; dryRun?: boolean; now: number },
): readonly Garbage[] {
  return visibleFolders(modelsFolder).flatMap((name) => {
    const home = join(modelsFolder, name);
    const leftovers = hiddenLeftovers(home, now).map((file) => ({ path: join(name, file), reason: 'left behind by a process that was stopped' }));
    if (!dryRun) for (const { path } of leftovers) rmSync(join(modelsFolder, path), { recursive: true, force: true });
    if (keep === null) return leftovers;
    const used = new Set(labelsOf(modelsFolder, name).map(({ version }) => version));
    const old = versionsOf(modelsFolder, name)
      .slice(0, -keep || undefined)
      .filter((version) => !used.has(version));
    const removed = old.filter((version) => dryRun || tryRemove(modelsFolder, name, version));
    return [...leftovers, ...removed.map((version) => ({ path: join(name, version), reason: `no label, and not among the newest ${keep}` }))];
  });
}

/** Whoever labelled it meanwhile wins. */
function tryRemove(modelsFolder: string, name: string, version: string): boolean {
  try {
    removeVersion(modelsFolder, { name, version });
    return true;
  } catch (cause) {
    if (cause instanceof RobencError && (cause.code === 'usage' || cause.code === 'not-found')) return false;
    throw cause;
  }
}

const DAY_MS = 24 * 3600 * 1000;

function hiddenLeftovers(home: string, now: number): string[] {
  return readdirSync(home).filter((file) => {
    const owner = /^\.(staged|removed)-(\d+)-/.exec(file) ?? /^\.(latest)\.(\d+)\.tmp$/.exec(file);
    if (owner === null) return false;
    const age = now - (statSync(join(home, file), { throwIfNoEntry: false })?.mtimeMs ?? now);
    return age > DAY_MS || !processRuns(Number(owner[2]));
  });
}

/** Moves a label; must run under the lock of the model. */
export function point(modelsFolder: string, name: string, label: string, version: string): Moved {
  const found = readLabel(modelsFolder, name, label);
  if (found?.version !== version)
    write(modelsFolder, name, { label, version, before: found === null ? [] : [found.version, ...found.before.filter((other) => other !== found.version)] });
  return { name, label, from: found?.version ?? null, to: version };
}

function write(modelsFolder: string, name: string, label: Label): void {
  writeFileAtomic(labelPath(modelsFolder, name, label.label), labelText(label));
}

/** Runs under the lock of a model that exists. */
function locked<T>(modelsFolder: string, name: string, work: () => T): T {
  const home = join(modelsFolder, name);
  if (!visibleFolders(modelsFolder).includes(name))
    throw new RobencError('not-found', `No model "${name}" in ${modelsFolder}. There are: ${visibleFolders(modelsFolder).join(', ') || '(none)'}.`, {
      field: 'model',
    });
  try {
    mkdirSync(home, { recursive: true });
    return withLock(home, work);
  } catch (cause) {
    if (cause instanceof RobencError) throw cause;
    throw new RobencError('io', `Could not change ${home}: ${messageOf(cause)}. Check that the folder is writable.`, { cause, field: home });
  }
}

function labelNames(modelsFolder: string, name: string): string {
  return (
    labelsOf(modelsFolder, name)
      .map(({ label }) => label)
      .join(', ') || '(none)'
  );
}

function noVersion(modelsFolder: string, name: string, version: string, versions: readonly string[]): RobencError {
  return new RobencError('not-found', `No version "${version}" of the model "${name}" in ${modelsFolder}. There are: ${versions.join(', ') || '(none)'}.`, {
    field: 'version',
  });
}
