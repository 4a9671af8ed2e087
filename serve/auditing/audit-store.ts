/** @file The records of all audits of a server: in memory and, but for progress, in files that outlive it; and who hears of changes. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ApiError } from '../errors.js';
import { readRecords, writeRecord, type AuditRecord } from './record.js';

export type Listener = (record: AuditRecord) => void;

export class AuditStore {
  readonly #folder: string;
  readonly #records = new Map<string, AuditRecord>();
  readonly #listeners = new Map<string, Set<Listener>>();

  /** Reads what servers before left in the folder. */
  constructor(folder: string) {
    this.#folder = folder;
    for (const record of readRecords(folder)) this.#records.set(record.id, record);
  }

  /** The oldest first. */
  get all(): readonly AuditRecord[] {
    return [...this.#records.values()];
  }

  /** Throws `not_found`. */
  get(id: string): AuditRecord {
    const found = this.#records.get(id);
    if (found === undefined)
      throw new ApiError('not_found', `There is no audit "${id.slice(0, 100)}".`, { field: 'audit', remedy: 'GET /v1/audits lists them.' });
    return found;
  }

  add(record: AuditRecord): void {
    writeRecord(this.#folder, record);
    this.#records.set(record.id, record);
  }

  /** A change that outlives the server. */
  set(id: string, change: Partial<AuditRecord>): AuditRecord {
    const record = { ...this.get(id), ...change };
    writeRecord(this.#folder, record);
    return this.show(id, record);
  }

  /** A change that is for those who watch now. */
  show(id: string, change: Partial<AuditRecord>): AuditRecord {
    const record = { ...this.get(id), ...change };
    this.#records.set(id, record);
    for (const listener of this.#listeners.get(id) ?? []) listener(record);
    return record;
  }

  /** Forgets it, with its files. */
  remove(id: string): void {
    rmSync(join(this.#folder, id), { recursive: true, force: true });
    this.#records.delete(id);
  }

  /** Hears of every change. @returns what ends it. */
  watch(id: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(id);
    };
  }
}
