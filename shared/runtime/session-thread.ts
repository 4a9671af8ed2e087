/** @file Inside a worker thread: holds sessions by number and runs them. */
import type { TensorData } from '../graph/value.js';
import { memoryOf } from './copy.js';
import { openSession } from './session.js';
import { serveThread } from './thread-side.js';
import type { PortInfo, DeviceName, Session, SessionOptions, Tensors } from './types.js';

export interface OpenRequest {
  readonly session: number;
  readonly model: Uint8Array | string;
  readonly options: SessionOptions;
}

export interface RunRequest {
  readonly session: number;
  readonly feeds: Tensors;
  readonly outputs: readonly string[];
  /** Whether the memory of the feeds goes back with the answer. */
  readonly giveBack: boolean;
}

export interface RunAnswer {
  readonly results: Record<string, TensorData>;
  /** Of the feeds, where it was asked for. */
  readonly memory: readonly ArrayBuffer[];
}

/** What the other side learns about a session that was opened. */
export interface Opened {
  readonly inputs: readonly PortInfo[];
  readonly outputs: readonly PortInfo[];
  readonly device: DeviceName;
  readonly notice: string | null;
}

const sessions = new Map<number, Session>();

serveThread(
  {
    async open({ session, model, options }: OpenRequest) {
      const opened = await openSession(model, options);
      sessions.set(session, opened);
      const { inputs, outputs, device, notice } = opened;
      return { value: { inputs, outputs, device, notice } satisfies Opened };
    },
    async run({ session, feeds, outputs, giveBack }: RunRequest) {
      const results = await sessions.get(session)!.run(feeds, outputs);
      const memory = giveBack ? memoryOf(feeds) : [];
      return { value: { results, memory } satisfies RunAnswer, transfer: [...memoryOf(results), ...memory] };
    },
    async close({ session }: { session: number }) {
      await sessions.get(session)!.close();
      sessions.delete(session);
      return { value: null };
    },
  },
  async () => {
    for (const session of sessions.values()) await session.close();
  },
);
