/** @file Names of files that are being written, and which of them nobody writes any more. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const DAY_MS = 24 * 3600 * 1000;

/** Where this process writes what will be `path`: beside it and hidden, with the number of the process, so that two never write into one file. */
export function temporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
}

/**
 * Files in a folder that processes which are gone were writing when they were ended, by path; only those that were to be called as `is` says. The file of a
 * process that runs is left alone, unless it has not been touched for a day: then another process has the number by now. Files with the number of this process
 * are an earlier one's, for containers number theirs alike: call this before writing here. `now`: milliseconds, by the clock of the file system.
 */
export function staleTemporaries(folder: string, { is, now }: { is: (name: string) => boolean; now: number }): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => {
      const [, name, pid] = /^\.(.+)\.(\d+)\.tmp$/.exec(file) ?? [];
      if (name === undefined || !is(name)) return false;
      const written = statSync(join(folder, file), { throwIfNoEntry: false })?.mtimeMs ?? now;
      return Number(pid) === process.pid || now - written > DAY_MS || !processRuns(Number(pid));
    })
    .map((file) => join(folder, file));
}

/** Whether this machine has a process of that number. */
export function processRuns(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    // A process of another user may not be asked, but it is there.
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}
