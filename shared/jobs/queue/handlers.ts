/** @file What a worker keeps open between items: a handler for each of the last few lists. */
import type { Handler } from './work.js';

/** A list that comes to its end and the next one. */
const KEPT = 2;

interface Kept {
  readonly handler: Promise<Handler>;
  users: number;
  closes: boolean;
}

export class Handlers {
  /** The one used last is the last. */
  readonly #kept = new Map<string, Kept>();

  /** Opens where need be, and keeps open while `use` runs. Opening that failed is tried again the next time. */
  async with<T>(list: string, open: () => Promise<Handler>, use: (handler: Handler) => Promise<T>): Promise<T> {
    const kept = this.#kept.get(list) ?? { handler: open(), users: 0, closes: false };
    this.#kept.delete(list);
    this.#kept.set(list, kept);
    kept.users += 1;
    try {
      const handler = await kept.handler.catch((error: unknown) => {
        if (this.#kept.get(list) === kept) this.#kept.delete(list);
        throw error;
      });
      this.#closeOld();
      return await use(handler);
    } finally {
      kept.users -= 1;
      if (kept.closes && kept.users === 0) await close(kept);
    }
  }

  #closeOld(): void {
    for (const [list, kept] of [...this.#kept].slice(0, Math.max(0, this.#kept.size - KEPT))) {
      this.#kept.delete(list);
      kept.closes = true;
      if (kept.users === 0) void close(kept);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#kept.values()].map(close));
    this.#kept.clear();
  }
}

async function close({ handler }: Kept): Promise<void> {
  await handler.then(
    (open) => open.close(),
    () => undefined,
  );
}
