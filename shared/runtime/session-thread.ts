/** @file Inside a worker thread: holds sessions by number and runs them. */
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
    async run({ session, feeds, outputs }: RunRequest) {
      const results = await sessions.get(session)!.run(feeds, outputs);
      return { value: results, transfer: Object.values(results).map(({ data }) => data.buffer as ArrayBuffer) };
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
