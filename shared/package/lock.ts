/**
 * @file A lock of a folder that several processes keep, and that a killed one does not keep for ever.
 *
 * Tickets are files `<folder>/.lock/<number>`. A ticket names its process, or says that it was given back. Whoever finds the highest ticket given back,
 * or its process gone, makes the next number with link(2), which only one can; and has the lock if no higher one is there then. The highest ticket is
 * never removed, so a process that slept between looking and linking finds that it came too late.
 */
import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { messageOf, RobencError } from '../errors.js';
import { processRuns } from '../temporary-files.js';

const LOCK_FOLDER = '.lock';
const FREE = 'free\n';
const WAIT_MS = 5;

/** Who holds a ticket. The start tells a process from a later one of the same number. */
export interface Holder {
  readonly pid: number;
  readonly start: string;
  readonly host: string;
}

/**
 * Runs `work` while no other process does under the same folder; waits for others up to `patienceMs`. `work` must be short and must not wait for anything.
 * Throws `busy` when the lock is not to be had, naming its holder.
 */
export function withLock<T>(folder: string, work: () => T, { patienceMs = 60_000 }: { patienceMs?: number } = {}): T {
  const lock = join(folder, LOCK_FOLDER);
  mkdirSync(lock, { recursive: true });
  const ticket = acquire(lock, patienceMs);
  try {
    return work();
  } finally {
    replace(lock, ticket, FREE);
  }
}

function acquire(lock: string, patienceMs: number): number {
  const until = performance.now() + patienceMs;
  for (;;) {
    const highest = Math.max(0, ...tickets(lock));
    const holder = highest === 0 ? null : holderOf(lock, highest);
    if ((holder === null || !isAlive(holder)) && take(lock, highest + 1)) return highest + 1;
    if (performance.now() > until)
      throw new RobencError(
        'busy',
        `Another process has changed ${lock} for more than ${patienceMs / 1000} s${holder === null ? '' : ` (process ${holder.pid} on ${holder.host})`}. Try again, or remove that folder if no such process runs.`,
        { field: lock },
      );
    pause(WAIT_MS);
  }
}

/** Whether the ticket of this number is now ours and the highest. */
function take(lock: string, number: number): boolean {
  const own = join(lock, `.${process.pid}-${number}`);
  writeFileSync(own, `${JSON.stringify(thisProcess)}\n`);
  try {
    linkSync(own, join(lock, String(number)));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new RobencError('io', `Could not lock ${lock}: ${messageOf(cause)}.`, { cause, field: lock });
  } finally {
    rmSync(own, { force: true });
  }
  const all = tickets(lock);
  if (all.some((other) => other > number)) {
    rmSync(join(lock, String(number)), { force: true });
    return false;
  }
  for (const other of all) if (other < number) rmSync(join(lock, String(other)), { force: true });
  return true;
}

function tickets(lock: string): number[] {
  return readdirSync(lock)
    .filter((file) => /^\d{1,15}$/.test(file))
    .map(Number);
}

/** Null for a ticket that was given back, or that a crash of the machine left empty; one that vanished meanwhile was superseded, so it counts as held. */
function holderOf(lock: string, number: number): Holder | null {
  try {
    const text = readFileSync(join(lock, String(number)), 'utf8').trim();
    return text === '' || text === FREE.trim() ? null : (JSON.parse(text) as Holder);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return thisProcess;
    throw new RobencError('bad-file', `${join(lock, String(number))} is no lock: ${messageOf(cause)}. Remove the folder ${lock}.`, { cause, field: lock });
  }
}

function replace(lock: string, number: number, text: string): void {
  const temporary = join(lock, `.${process.pid}-free`);
  writeFileSync(temporary, text);
  renameSync(temporary, join(lock, String(number)));
}

/** Processes of other machines count as alive: nobody here can tell. */
export function isAlive({ pid, start, host }: Holder): boolean {
  if (host !== thisProcess.host) return true;
  if (!processRuns(pid)) return false;
  return start === '' || startOf(pid) === start;
}

/** When a process began, in ticks since the machine did; '' where the system does not say (only Linux does). */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in parentheses, may hold spaces. After it come the state (Z: killed, but not yet forgotten) and, 19 fields on, the start.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? '' : (fields[19] ?? '');
  } catch {
    return '';
  }
}

export const thisProcess: Holder = { pid: process.pid, start: startOf(process.pid), host: hostname() };

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
