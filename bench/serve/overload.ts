/** @file A server at more than it can do: what it can do, and a burst of a multiple of that. */
import type { LoadReport } from './generator.js';
import type { Lab, Weight } from './row.js';
import type { Started } from './started.js';
import { ask, loadOf } from './throughput.js';

/** Model inputs in work at once, of the servers in these rows. */
export const BOUND = 256;
const BATCH = 32;
/** More than are in work, so that requests are refused by the server and not held back by their senders. */
const CONNECTIONS = 2 * BOUND;

export interface Overloadable {
  readonly server: Started;
  readonly weight: Weight;
  /** Requests of one image answered in a second, at most. */
  readonly peak: number;
  /** Milliseconds that an accepted request may take: what is in work before it, and a batch. */
  readonly longest: number;
}

export async function openOverloadable(lab: Lab, weight: Weight, ...flags: string[]): Promise<Overloadable> {
  const server = await lab.serve(weight, '--queue-limit', String(BOUND), ...flags);
  const load = loadOf(server, weight, { form: 'binary', items: 1, connections: 64 });
  await ask(lab, { ...load, seconds: Math.min(lab.window, 5) });
  const { rate: peak } = await ask(lab, { ...load, seconds: lab.window });
  return { server, weight, peak, longest: (1000 * (BOUND + BATCH)) / peak };
}

/** Requests of one image at `times` the peak, whatever comes back. */
export function burst(lab: Pick<Lab, 'generator'>, { server, weight, peak }: Overloadable, times: number, seconds: number): Promise<LoadReport> {
  return ask(lab, { ...loadOf(server, weight, { form: 'binary', items: 1, connections: CONNECTIONS }), seconds, rate: times * peak });
}
