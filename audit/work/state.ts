/** @file The folder that an audit goes on from: what it is an audit of, and the results of its items. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, RobencError } from '@robenc/shared/errors.js';
import { writeFileAtomic } from '@robenc/shared/files.js';
import { folderStore, listResults, type Store } from '@robenc/shared/jobs/store.js';

/** What results belong to. Two audits with equal parts have equal results. */
export type Identity = Readonly<Record<'model' | 'data' | 'settings' | 'chunk' | 'format', string>>;

/** Bumped when results of the old form could not be read, or would be others. */
const FORMAT = '1';

export function identityOf(parts: { classifier: Uint8Array; data: readonly Uint8Array[]; settings: unknown; chunk: number }): Identity {
  const hash = (...bytes: (string | Uint8Array)[]) => {
    const sum = createHash('sha256');
    for (const one of bytes) sum.update(one);
    return sum.digest('hex');
  };
  return {
    model: hash(parts.classifier),
    data: hash(...parts.data),
    settings: hash(JSON.stringify(parts.settings)),
    chunk: String(parts.chunk),
    format: FORMAT,
  };
}

const identityFile = (folder: string) => join(folder, 'state', 'identity.json');
const itemsFolder = (folder: string) => join(folder, 'state', 'items');

/** Whether a folder holds the state of an audit. */
export function hasState(folder: string): boolean {
  return existsSync(identityFile(folder));
}

/** Images per item of the audit in a folder, which a later run keeps to. */
export function chunkSizeOf(folder: string): number {
  return Number(readIdentity(folder).chunk);
}

export interface StateOptions {
  /** Empty the folder's state first. */
  readonly fresh: boolean;
  /** Folders of the same audit, e.g. of shards, whose results are taken over. */
  readonly merge: readonly string[];
}

/** Opens the results of an audit in its folder. Throws `mismatch`, saying what differs, where a folder belongs to another one. */
export function openState(folder: string, identity: Identity, { fresh, merge }: StateOptions): Store {
  if (fresh) rmSync(join(folder, 'state'), { recursive: true, force: true });
  if (hasState(folder)) refuseOther(folder, identity);
  else writeFileAtomic(identityFile(folder), `${JSON.stringify(identity, null, 2)}\n`);
  const store = folderStore(itemsFolder(folder));
  for (const other of merge) {
    if (!hasState(other))
      throw new RobencError('usage', `${other} holds no state of an audit. Give folders that robenc audit wrote with --out.`, { field: 'merge' });
    refuseOther(other, identity);
    const theirs = folderStore(itemsFolder(other));
    for (const id of listResults(itemsFolder(other))) store.write(id, theirs.read(id));
  }
  return store;
}

function readIdentity(folder: string): Identity {
  const path = identityFile(folder);
  const again = 'Begin anew with --force, or in another folder.';
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new RobencError('bad-file', `${path} cannot be read: ${messageOf(cause)}. ${again}`, { cause, field: path });
  }
  const isIdentity =
    typeof value === 'object' && value !== null && Object.keys(WORDS).every((key) => typeof (value as Identity)[key as keyof Identity] === 'string');
  if (!isIdentity) throw new RobencError('bad-file', `${path} does not say which audit the folder is of. ${again}`, { field: path });
  return value as Identity;
}

function refuseOther(folder: string, identity: Identity): void {
  const there = readIdentity(folder);
  const differing = (Object.keys(identity) as (keyof Identity)[]).filter((key) => identity[key] !== there[key]);
  if (differing.length > 0)
    throw new RobencError(
      'mismatch',
      `The audit in ${folder} is another one: it differs in ${differing.map((key) => WORDS[key]).join(', ')}. Give the same model, data and flags, another folder with --out, or --force to begin anew.`,
      { field: folder },
    );
}

const WORDS: Readonly<Record<keyof Identity, string>> = {
  model: 'the model or its preprocessing',
  data: 'the images or their labels',
  settings: 'the attacks, radii or the seed',
  chunk: 'the images per batch',
  format: 'the version of the program',
};
