/** @file A file that is written piece by piece and appears only when it is whole. */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, RobencError } from '@robenc/shared/errors.js';
import { syncFolder } from '@robenc/shared/files.js';
import { temporaryPath } from '@robenc/shared/temporary-files.js';

/** A file that is there whole or not at all: written under another name, flushed, renamed. */
export class AtomicFile {
  readonly path: string;
  readonly #temporary: string;
  readonly #file: number;
  #position = 0;
  #open = true;

  /** Opens a hidden file beside `path`, making its folder. Throws `io`, as all methods do. */
  constructor(path: string) {
    this.path = path;
    this.#temporary = temporaryPath(path);
    this.#file = this.#guard(() => {
      mkdirSync(dirname(path), { recursive: true });
      return openSync(this.#temporary, 'w');
    });
  }

  write(data: string | Uint8Array): void {
    this.#position += this.#writeAt(data, this.#position);
  }

  /** Overwrites what is at the start; for headers that are known only at the end. */
  writeAtStart(data: string | Uint8Array): void {
    this.#writeAt(data, 0);
  }

  /** Makes the file appear. */
  commit(): void {
    this.#guard(() => {
      fsyncSync(this.#file);
      this.#close();
      renameSync(this.#temporary, this.path);
    });
    syncFolder(dirname(this.path));
  }

  /** Leaves no trace. Does nothing after `commit`. */
  abandon(): void {
    if (!this.#open) return;
    this.#close();
    rmSync(this.#temporary, { force: true });
  }

  #close(): void {
    this.#open = false;
    closeSync(this.#file);
  }

  #writeAt(data: string | Uint8Array, position: number): number {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    this.#guard(() => {
      let done = 0;
      while (done < bytes.length) done += writeSync(this.#file, bytes, done, bytes.length - done, position + done);
    });
    return bytes.length;
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw new RobencError('io', `Could not write ${this.path}: ${messageOf(cause)}. Free some space or choose another output file.`, {
        cause,
        field: 'output',
      });
    }
  }
}
