/** @file Several worker sessions of one model behind one `run`: the first idle one takes the next call, in order of arrival. */
import { messageOf, RobencError } from '../errors.js';
import type { TensorData } from '../graph/value.js';
import { candidates } from './devices.js';
import { closedError } from './failures.js';
import { checkFeeds, checkOutputs } from './feeds.js';
import type { DeviceName, PortInfo, RunOptions, Session, SessionOptions, Tensors } from './types.js';
import { openWorkerSession, type WorkerSession } from './worker-session.js';

export interface PoolOptions extends SessionOptions {
  /** Worker threads, 1 or more. */
  readonly workers: number;
}

export interface Pool extends Session {
  /** Threads that are really used: one where the device allows no more. */
  readonly workers: number;
  /** Calls that wait for an idle worker. */
  readonly waiting: number;
}

/**
 * Opens a model in `workers` threads of `threads` (default 1) each: for small networks this is faster than one session with many threads.
 * A worker that dies rejects its call (`unavailable`) and is replaced when the next call comes. Throws as `openSession` does.
 */
export async function openPool(model: Uint8Array | string, { workers, threads = 1, device = 'cpu', strict = false }: PoolOptions): Promise<Pool> {
  if (!Number.isInteger(workers) || workers < 1) throw new RobencError('usage', `A pool needs 1 or more workers, got ${workers}.`, { field: 'workers' });
  const count = candidates(device).every((candidate) => candidate.manyThreads) ? workers : 1;
  const open = (): Promise<WorkerSession> => openWorkerSession(model, { threads, device, strict });
  // The first one alone, so that a broken model is told once and quickly.
  const first = await open();
  const others = await Promise.allSettled(Array.from({ length: count - 1 }, open));
  const sessions: [WorkerSession, ...WorkerSession[]] = [first, ...others.filter((result) => result.status === 'fulfilled').map((result) => result.value)];
  const failed = others.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    await Promise.all(sessions.map((session) => session.close()));
    throw failed.reason;
  }
  return new SessionPool(sessions, open, typeof model === 'string' ? model : 'The model');
}

interface Job {
  readonly feeds: Tensors;
  readonly outputs: readonly string[];
  readonly options: RunOptions;
  resolve(results: Record<string, TensorData>): void;
  reject(error: unknown): void;
}

/** A session that may end by itself. */
export interface MortalSession extends Session {
  readonly alive: boolean;
}

/** The queue and the workers; `open` makes a worker in the place of one that died. */
export class SessionPool implements Pool {
  readonly inputs: readonly PortInfo[];
  readonly outputs: readonly PortInfo[];
  readonly device: DeviceName;
  readonly notice: string | null;
  readonly workers: number;
  readonly #name: string;
  readonly #open: () => Promise<MortalSession>;
  readonly #idle: MortalSession[];
  readonly #queue: Job[] = [];
  readonly #busy = new Set<Promise<void>>();
  #closing: Promise<void> | null = null;

  constructor(sessions: readonly [MortalSession, ...MortalSession[]], open: () => Promise<MortalSession>, name: string) {
    const [first] = sessions;
    this.inputs = first.inputs;
    this.outputs = first.outputs;
    this.device = first.device;
    this.notice = first.notice;
    this.workers = sessions.length;
    this.#name = name;
    this.#open = open;
    this.#idle = [...sessions];
  }

  get waiting(): number {
    return this.#queue.length;
  }

  async run(feeds: Tensors, outputs?: readonly string[], options: RunOptions = {}): Promise<Record<string, TensorData>> {
    if (this.#closing !== null) throw closedError(this.#name);
    checkFeeds(this.inputs, feeds, this.#name);
    const names = checkOutputs(this.outputs, outputs, this.#name);
    return new Promise((resolve, reject) => {
      this.#queue.push({ feeds, outputs: names, options, resolve, reject });
      this.#dispatch();
    });
  }

  /** Rejects what waits (`cancelled`), lets what runs finish, then ends the threads. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const job of this.#queue.splice(0)) job.reject(closedError(this.#name));
    await Promise.all(this.#busy);
    await Promise.all(this.#idle.splice(0).map((session) => session.close()));
  }

  #dispatch(): void {
    while (this.#queue.length > 0 && this.#idle.length > 0) {
      const work = this.#work(this.#idle.shift()!, this.#queue.shift()!);
      this.#busy.add(work);
      void work.finally(() => {
        this.#busy.delete(work);
        if (this.#closing === null) this.#dispatch();
      });
    }
  }

  async #work(session: MortalSession, job: Job): Promise<void> {
    let worker = session;
    try {
      if (!worker.alive) worker = await this.#replace(worker);
      job.resolve(await worker.run(job.feeds, job.outputs, job.options));
    } catch (error) {
      job.reject(error);
    } finally {
      this.#idle.push(worker);
    }
  }

  async #replace(dead: MortalSession): Promise<MortalSession> {
    await dead.close();
    try {
      return await this.#open();
    } catch (cause) {
      throw new RobencError('unavailable', `A worker of ${this.#name} ended and could not be started again: ${messageOf(cause)}`, { cause });
    }
  }
}
