/** @file Which process works on an audit: a server that is replaced may still wind up when the next one goes on with its audits. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '@robenc/shared/files.js';
import { isAlive, thisProcess, withLock, type Holder } from '@robenc/shared/package/lock.js';

/** Takes the folder for this process until it ends. @returns false while another process that lives has it. */
export function claimFolder(folder: string): boolean {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'worker.json');
  return withLock(folder, () => {
    const holder = read(file);
    if (holder !== null && holder.pid !== thisProcess.pid && isAlive(holder)) return false;
    writeFileAtomic(file, `${JSON.stringify(thisProcess)}\n`);
    return true;
  });
}

function read(file: string): Holder | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    // There is none yet.
    return null;
  }
}
