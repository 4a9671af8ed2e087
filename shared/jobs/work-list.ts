/** @file A resumable list of work: chains of steps, each of which may depend on the results before it in its chain, kept in a store. */
import { messageOf, RobencError } from '../errors.js';
import type { Store } from './store.js';

/** What is to be done. Payloads are made when their turn comes, so that a long list costs no memory. */
export interface WorkList<P> {
  readonly chains: number;
  readonly steps: number;
  /** The name of the item in the store; by default its chain and step. */
  idOf?(chain: number, step: number): string;
  /** What the step needs, from the results before it; null where nothing is left to do. */
  payload(chain: number, step: number): P | null;
}

/** Does one item. A thrown `cancelled` ends the run; any other error sets the item aside or ends the run, as the run says. */
export type Execute<P> = (id: string, payload: P, signal: AbortSignal) => Promise<Uint8Array>;

export interface Failure {
  readonly id: string;
  readonly message: string;
}

export interface RunOptions<P> {
  readonly list: WorkList<P>;
  readonly store: Store;
  readonly execute: Execute<P>;
  /** Items under way at once. */
  readonly parallel: number;
  /** Cancels: the run throws `cancelled`. What is done stays in the store. */
  readonly signal: AbortSignal;
  /** Ends the run early without an error: items under way are given up. */
  readonly deadline?: AbortSignal;
  /** Set items that fail aside, with the steps after them, and go on; else the first failure is thrown. */
  readonly setAside?: boolean;
  /** Hears of every item that was done or skipped. */
  readonly progress?: (done: { chain: number; step: number }) => void;
}

export interface RunResult {
  /** Whether every item is done. */
  readonly complete: boolean;
  readonly failures: readonly Failure[];
}

/** The name of an item in the store. */
export function itemId(chain: number, step: number): string {
  return `${String(step).padStart(4, '0')}-${String(chain).padStart(6, '0')}`;
}

/**
 * Works off the list, lower steps first, and within a step lower chains first. Items that the store holds are not done again, so a run that was ended,
 * by whatever means, goes on where it was. The order does not change results: a payload depends on its own chain alone.
 */
export async function runWorkList<P>(options: RunOptions<P>): Promise<RunResult> {
  const { list, store, execute, signal, deadline, progress } = options;
  const stop = deadline === undefined ? signal : AbortSignal.any([signal, deadline]);
  const failures: Failure[] = [];
  const nameOf = (chain: number, step: number) => list.idOf?.(chain, step) ?? itemId(chain, step);
  // By step: the chains whose turn it is. A chain is in one of them, or under way, or ended.
  const ready = Array.from({ length: list.steps }, (): number[] => []);
  for (let chain = 0; chain < list.chains && list.steps > 0; chain++) ready[0]!.push(chain);
  const heads = ready.map(() => 0);
  let [underWay, done] = [0, 0];
  let wake: (() => void)[] = [];
  const next = (): { chain: number; step: number } | null => {
    for (let step = 0; step < ready.length; step++) {
      const queue = ready[step]!;
      if (heads[step]! >= queue.length) continue;
      const chain = queue[heads[step]!++]!;
      // Let go of what has been handed out.
      if (heads[step]! > 1024) {
        queue.splice(0, heads[step]);
        heads[step] = 0;
      }
      return { chain, step };
    }
    return null;
  };
  const doItem = async ({ chain, step }: { chain: number; step: number }): Promise<void> => {
    const id = nameOf(chain, step);
    const payload = store.has(id) ? null : list.payload(chain, step);
    if (payload !== null) store.write(id, await execute(id, payload, stop));
    progress?.({ chain, step });
  };
  const workOff = async (): Promise<void> => {
    for (;;) {
      if (stop.aborted) return;
      const item = next();
      if (item === null) {
        if (underWay === 0) return;
        await new Promise<void>((resolve) => wake.push(resolve));
        continue;
      }
      underWay += 1;
      try {
        await doItem(item);
        done += 1;
        if (item.step + 1 < list.steps) ready[item.step + 1]!.push(item.chain);
      } catch (error) {
        if (stop.aborted) return;
        if (options.setAside !== true || (error instanceof RobencError && error.code === 'cancelled')) throw error;
        failures.push({ id: nameOf(item.chain, item.step), message: messageOf(error) });
      } finally {
        underWay -= 1;
        const waiting = wake;
        wake = [];
        for (const resolve of waiting) resolve();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, options.parallel) }, workOff));
  if (signal.aborted) throw new RobencError('cancelled', 'The work was stopped before it ended.');
  return { complete: done === list.chains * list.steps, failures };
}
