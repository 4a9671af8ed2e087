/** @file A session in a worker thread, so that a run does not block the caller's event loop. */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TensorData } from '../graph/value.js';
import { candidates } from './devices.js';
import { checkFeeds, checkOutputs } from './feeds.js';
import { copyOf, memoryOf } from './copy.js';
import { closedError } from './failures.js';
import type { Opened, OpenRequest, RunAnswer, RunRequest } from './session-thread.js';
import { Thread } from './thread.js';
import type { DeviceName, PortInfo, RunOptions, Session, SessionOptions, Tensors } from './types.js';

/** The same as `openSession`, in a thread of its own (sessions on a device that only one thread may use share that thread). */
export async function openWorkerSession(model: Uint8Array | string, options: SessionOptions = {}): Promise<WorkerSession> {
  const name = typeof model === 'string' ? model : 'The model';
  const lease = candidates(options.device ?? 'cpu').every((device) => device.manyThreads) ? ownThread(name) : sharedThread();
  const session = nextSession++;
  try {
    const bytes = typeof model === 'string' ? model : new Uint8Array(model);
    const request: OpenRequest = { session, model: bytes, options };
    const opened = await lease.thread.call<Opened>('open', request, typeof bytes === 'string' ? [] : [bytes.buffer]);
    return new WorkerSession(opened, name, session, lease);
  } catch (error) {
    await lease.release();
    throw error;
  }
}

let nextSession = 0;

interface Lease {
  readonly thread: Thread;
  release(): Promise<void>;
}

function startThread(what: string): Thread {
  // Sources and a build differ in the ending only.
  return new Thread(new URL(`./session-thread${extname(fileURLToPath(import.meta.url))}`, import.meta.url), what);
}

function ownThread(name: string): Lease {
  const thread = startThread(`The thread that runs ${name}`);
  return { thread, release: () => thread.close() };
}

/** The one thread for a device that crashes when two threads use it; it lives as long as one session uses it. */
let shared: { readonly thread: Thread; users: number } | null = null;

function sharedThread(): Lease {
  if (shared === null || !shared.thread.alive) shared = { thread: startThread('The thread that runs models on the GPU'), users: 0 };
  const mine = shared;
  mine.users++;
  return {
    thread: mine.thread,
    async release() {
      if (--mine.users > 0) return;
      if (shared === mine) shared = null;
      await mine.thread.close();
    },
  };
}

export class WorkerSession implements Session {
  readonly inputs: readonly PortInfo[];
  readonly outputs: readonly PortInfo[];
  readonly device: DeviceName;
  readonly notice: string | null;
  readonly #name: string;
  readonly #session: number;
  readonly #lease: Lease;
  #closing: Promise<void> | null = null;

  constructor({ inputs, outputs, device, notice }: Opened, name: string, session: number, lease: Lease) {
    this.inputs = inputs;
    this.outputs = outputs;
    this.device = device;
    this.notice = notice;
    this.#name = name;
    this.#session = session;
    this.#lease = lease;
  }

  /** False once the thread has ended, whatever the reason; then every run is rejected. */
  get alive(): boolean {
    return this.#closing === null && this.#lease.thread.alive;
  }

  async run(feeds: Tensors, outputs?: readonly string[], { reclaim }: RunOptions = {}): Promise<Record<string, TensorData>> {
    if (this.#closing !== null) throw closedError(this.#name);
    checkFeeds(this.inputs, feeds, this.#name);
    const names = checkOutputs(this.outputs, outputs, this.#name);
    const sent = reclaim === undefined ? copyTensors(feeds) : feeds;
    const request: RunRequest = { session: this.#session, feeds: sent, outputs: names, giveBack: reclaim !== undefined };
    const { results, memory } = await this.#lease.thread.call<RunAnswer>('run', request, memoryOf(sent));
    if (reclaim !== undefined) memory.forEach(reclaim);
    return results;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#lease.thread.alive) await this.#lease.thread.call('close', { session: this.#session }).catch(() => undefined);
    await this.#lease.release();
  }
}

/** Copies that can be given away. A plain message would copy as well, and with a view the whole buffer behind it. */
function copyTensors(tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, { dtype, shape, data }]) => [name, { dtype, shape, data: copyOf(data) }]));
}
