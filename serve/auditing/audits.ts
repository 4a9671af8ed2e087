/** @file All audits of a server: kept in a folder, run a few at a time in processes of their own, taken up again after a restart. */
import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { messageOf, RobencError } from '@robenc/shared/errors.js';
import type { DeviceRequest } from '@robenc/shared/runtime/types.js';
import { Overloaded } from '../batching/admission.js';
import { ApiError } from '../errors.js';
import { AuditHandle, type Ending } from './audit-handle.js';
import { AuditStore, type Listener } from './audit-store.js';
import { dataPath, dataSets } from './data-folder.js';
import { isOver, outputFolder, type AuditRecord } from './record.js';
import { checkAttack, fieldsForFlags, type AuditOptions } from './request.js';

export interface AuditsOptions {
  /** Where audits are kept. */
  readonly folder: string;
  /** Where data sets lie. */
  readonly dataFolder: string;
  readonly modelsFolder: string;
  /** Most audits that run at once, and that wait. */
  readonly running: number;
  readonly waiting: number;
  /** Threads of each. */
  readonly workers: number;
  readonly device: DeviceRequest;
  readonly log: Logger;
}

type Model = AuditRecord['model'];

const NOTES = 100;
/** When it is worth asking again whether an audit may wait. */
const RETRY_MS = 60_000;

/** Audits of served models: a queue of processes, and a folder for each with its record and results, which outlive the server. */
export class Audits {
  readonly #options: AuditsOptions;
  readonly #store: AuditStore;
  readonly #handles = new Map<string, AuditHandle>();
  #closed = false;

  /** Takes up what a server before left queued or running. Throws `usage` for a folder of data that cannot be read. */
  constructor(options: AuditsOptions) {
    this.#options = options;
    try {
      readdirSync(options.dataFolder);
    } catch (cause) {
      throw new RobencError('usage', `The folder of data sets ${options.dataFolder} cannot be read: ${messageOf(cause)}.`, { cause, field: 'auditData' });
    }
    this.#store = new AuditStore(options.folder);
    for (const { id, state, resumed } of this.all) if (state === 'running') this.#store.set(id, { state: 'queued', resumed: resumed + 1, progress: null });
    this.#next();
  }

  /** The oldest first. */
  get all(): readonly AuditRecord[] {
    return this.#store.all;
  }

  get dataSets(): readonly string[] {
    return dataSets(this.#options.dataFolder);
  }

  get running(): number {
    return this.#handles.size;
  }

  get waiting(): number {
    return this.all.filter(({ state }) => state === 'queued').length;
  }

  /** Process id of an audit that runs. */
  pidOf(id: string): number | undefined {
    return this.#handles.get(id)?.pid;
  }

  /** Throws `not_found`. */
  get(id: string): AuditRecord {
    return this.#store.get(id);
  }

  /** The path of a file of an audit that is done. Throws `conflict` before. */
  fileOf(id: string, name: string): string {
    const { state } = this.get(id);
    if (state !== 'done') throw new ApiError('conflict', `The audit ${id} is ${state}; only one that is done has a result.`, { field: 'audit' });
    return join(outputFolder(this.#options.folder, id), name);
  }

  /** Throws `bad_input` for a request that no audit can do, and `overloaded` where too many wait. */
  start(request: AuditOptions, model: Model, client: string): AuditRecord {
    checkAttack(request);
    dataPath(this.#options.dataFolder, request.data);
    this.#refuseMore();
    const record: AuditRecord = {
      id: `audit-${randomUUID().slice(0, 13)}`,
      object: 'audit',
      state: 'queued',
      model,
      request,
      client,
      createdAt: new Date().toISOString(),
      ...{ startedAt: null, endedAt: null, resumed: 0, progress: null, notes: [], error: null, outcome: null },
    };
    this.#store.add(record);
    this.#next();
    return this.get(record.id);
  }

  /** Ends it; what is done is kept. Throws `conflict` when it is over. */
  async cancel(id: string): Promise<AuditRecord> {
    const record = this.get(id);
    if (isOver(record)) throw new ApiError('conflict', `The audit ${id} is ${record.state} already.`, { field: 'audit' });
    if (record.state === 'queued') return this.#store.set(id, { state: 'cancelled', endedAt: new Date().toISOString() });
    await this.#handles.get(id)!.stop();
    return this.get(id);
  }

  /** Goes on with one that was cancelled, failed or interrupted. Throws `conflict` for another, `overloaded` where too many wait. */
  resume(id: string): AuditRecord {
    const { state, resumed } = this.get(id);
    if (!['cancelled', 'failed', 'interrupted'].includes(state))
      throw new ApiError('conflict', `The audit ${id} is ${state}; only one that was cancelled, failed or interrupted can go on.`, { field: 'audit' });
    this.#refuseMore();
    this.#store.set(id, { state: 'queued', resumed: resumed + 1, endedAt: null, error: null });
    this.#next();
    return this.get(id);
  }

  /** Forgets one that is over, with its files. Throws `conflict` for another. */
  remove(id: string): AuditRecord {
    const record = this.get(id);
    if (!isOver(record)) throw new ApiError('conflict', `The audit ${id} is ${record.state}.`, { field: 'audit', remedy: 'Cancel it first.' });
    this.#store.remove(id);
    return record;
  }

  /** Hears of every change. @returns what ends it. */
  watch(id: string, listener: Listener): () => void {
    return this.#store.watch(id, listener);
  }

  /** Stops what runs; the next server goes on with it. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#handles.values()].map((handle) => handle.stop()));
  }

  #refuseMore(): void {
    const { waiting, running } = this.#options;
    if (this.waiting >= waiting && this.running >= running)
      throw new Overloaded(`${this.running} audits run and ${this.waiting} wait, of at most ${running} and ${waiting}.`, RETRY_MS);
  }

  #next(): void {
    for (const { id, state } of this.all) {
      if (this.#closed || this.running >= this.#options.running) return;
      if (state === 'queued') this.#run(id);
    }
  }

  #run(id: string): void {
    const { folder, dataFolder, modelsFolder, workers, device, log } = this.#options;
    const { request, model } = this.#store.set(id, { state: 'running', startedAt: new Date().toISOString(), notes: [], error: null });
    let handle: AuditHandle;
    try {
      handle = new AuditHandle(
        {
          id,
          options: request,
          model: `${model.name}@${model.version}`,
          package: join(modelsFolder, model.name, model.version),
          data: dataPath(dataFolder, request.data),
          output: outputFolder(folder, id),
          workers,
          device,
        },
        (message) => {
          if (message.kind === 'note') return void this.#store.show(id, { notes: [...this.get(id).notes, fieldsForFlags(message.line)].slice(-NOTES) });
          const { label, done, total, note = '' } = message.progress;
          this.#store.show(id, { progress: { share: total === undefined || total <= 0 ? 0 : Math.min(1, done / total), label, note } });
        },
      );
    } catch (cause) {
      return void this.#end(id, { kind: 'failed', code: 'unavailable', message: messageOf(cause) });
    }
    this.#handles.set(id, handle);
    log.info({ audit: id, pid: handle.pid, model: `${model.name}@${model.version}`, data: request.data }, 'An audit begins.');
    void handle.ended.then((ending) => {
      this.#handles.delete(id);
      // The next server finds it running, and goes on.
      if (ending.kind === 'stopped' && this.#closed) return;
      this.#end(id, ending);
      this.#next();
    });
  }

  #end(id: string, ending: Ending): void {
    const state = ({ done: 'done', failed: 'failed', stopped: 'cancelled', lost: 'interrupted' } as const)[ending.kind];
    const error =
      ending.kind === 'failed'
        ? { code: ending.code, message: fieldsForFlags(ending.message) }
        : ending.kind === 'lost'
          ? { code: 'unavailable', message: `Its process ended without a word (${ending.how}). What was done is kept.` }
          : null;
    this.#store.set(id, { state, error, endedAt: new Date().toISOString(), progress: null, outcome: ending.kind === 'done' ? ending.outcome : null });
    this.#options.log[error === null ? 'info' : 'error']({ audit: id, state, error }, 'An audit ended.');
  }
}
