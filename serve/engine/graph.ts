/** @file One graph of a model in its worker threads: opened once, checked against what a package promises, run in batches. */
import { messageOf, RobencError } from '@robenc/shared/errors.js';
import type { DeviceName, RunOptions, Session, Tensors } from '@robenc/shared/runtime/types.js';
import type { Runner } from '../batching/dispatcher.js';

/** The names that a graph must have. */
export interface Ports {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** One graph of a model with its worker threads; opened by the first who needs it. */
export class ModelGraph implements Runner {
  readonly id: string;
  readonly #ports: Ports;
  readonly #openSession: () => Promise<Session>;
  #session: Promise<Session> | null = null;
  #opened: { readonly device: DeviceName; readonly notice: string | null } | null = null;

  /** `id` names model and graph in messages. Nothing is opened yet. */
  constructor(id: string, ports: Ports, openSession: () => Promise<Session>) {
    this.id = id;
    this.#ports = ports;
    this.#openSession = openSession;
  }

  /** The device that is really used; null before it is open. */
  get device(): DeviceName | null {
    return this.#opened?.device ?? null;
  }

  /** What it answers. */
  get outputs(): readonly string[] {
    return this.#ports.outputs;
  }

  /** Why that is another device than was asked for. */
  get notice(): string | null {
    return this.#opened?.notice ?? null;
  }

  /** Opens the session unless it is open. Throws `bad-file` when the graph lacks an input or output that it should have. */
  async open(): Promise<{ device: DeviceName; notice: string | null }> {
    this.#session ??= this.#openSession();
    const session = await this.#session;
    this.#refuseOtherPorts('input', this.#ports.inputs, session.inputs);
    this.#refuseOtherPorts('output', this.#ports.outputs, session.outputs);
    this.#opened = { device: session.device, notice: session.notice };
    return this.#opened;
  }

  /** Answers of the promised outputs. A failure here is the server's: feeds were checked before. */
  async run(feeds: Tensors, options?: RunOptions): Promise<Tensors> {
    await this.open();
    const session = await this.#session!;
    try {
      return await session.run(feeds, this.#ports.outputs, options);
    } catch (cause) {
      if (cause instanceof RobencError && (cause.code === 'cancelled' || cause.code === 'unavailable')) throw cause;
      throw new RobencError('mismatch', `${this.id} could not run: ${messageOf(cause)}`, { cause });
    }
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    // A session that could not be opened has nothing to close.
    await (await session?.catch(() => null))?.close();
  }

  #refuseOtherPorts(kind: 'input' | 'output', wanted: readonly string[], found: readonly { name: string }[]): void {
    const names = found.map(({ name }) => name);
    const missing = wanted.find((name) => !names.includes(name));
    if (missing !== undefined)
      throw new RobencError('bad-file', `${this.id} has no ${kind} "${missing}". It has: ${names.join(', ')}. Export the model again.`);
  }
}
