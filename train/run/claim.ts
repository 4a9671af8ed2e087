/** @file One process trains in a folder at a time: two would write over each other's metrics and checkpoints. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { RobencError } from '@robenc/shared/errors.js';
import { writeFileAtomic } from '@robenc/shared/files.js';
import { isAlive, thisProcess, withLock, type Holder } from '@robenc/shared/package/lock.js';

const CLAIM = 'trainer.json';

/**
 * Takes the folder of a run for this process; what it returns gives it back. Throws `busy` naming the process of this machine that has it. What a killed process
 * left counts for nothing; nor does a claim of another machine, of which nobody here can tell whether it still trains: `note` hears of it.
 */
export function claimRun(folder: string, note: (line: string) => void): () => void {
  const path = join(folder, CLAIM);
  withLock(folder, () => {
    const holder = holderOf(path);
    if (holder !== null && holder.host !== thisProcess.host)
      note(`${path} says that process ${holder.pid} on ${holder.host} trains here. If it still does, stop one of the two.`);
    else if (holder !== null && isAlive(holder))
      throw new RobencError('busy', `Process ${holder.pid} trains in ${folder} already. Wait for it, stop it, or choose another --out.`, { field: 'out' });
    writeFileAtomic(path, `${JSON.stringify(thisProcess)}\n`);
  });
  return () => rmSync(path, { force: true });
}

/** Null where there is no claim, or none that can be read. */
function holderOf(path: string): Holder | null {
  if (!existsSync(path)) return null;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch {
    return null;
  }
}
