/** @file Rows that compare the throughput of the server with the plain loop, window by window in turn. */
import type { Form } from './bodies.js';
import type { Load, LoadReport } from './generator.js';
import { ENCODERS, type Finding, type Lab, type Row, type Weight } from './row.js';
import { say, spreadOf } from './statistics.js';
import type { Started } from './started.js';

export interface ThroughputCase {
  readonly name: string;
  readonly title: string;
  readonly weight: Weight;
  readonly form: Form;
  /** Images of a request. */
  readonly items: number;
  readonly connections: number;
  /** Least share of the plain loop's throughput; null: told only. */
  readonly goal: number | null;
}

export const SIDE = 32;

export function throughputRow({ name, title, weight, form, items, connections, goal }: ThroughputCase): Row {
  return {
    name,
    title,
    goal: goal === null ? '—' : `≥ ${goal.toFixed(2)} of the plain loop`,
    async measure(lab): Promise<Finding> {
      const raw = lab.raw(weight);
      const batch = await raw.best();
      const server = await lab.serve(weight);
      const load = loadOf(server, weight, { form, items, connections });
      await ask(lab, { ...load, seconds: Math.min(lab.window, 5) });
      const ratios: number[] = [];
      const byProcessor: number[] = [];
      const rates: number[] = [];
      for (let i = 0; i < lab.windows; i++) {
        const plain = await raw.run(batch, lab.window);
        const used = server.processorSeconds();
        const served = await ask(lab, { ...load, seconds: lab.window });
        checkAllAnswered(served);
        byProcessor.push((served.accepted.count * items) / (server.processorSeconds() - used) / plain.processorRate);
        rates.push(served.rate * items);
        ratios.push((served.rate * items) / plain.rate);
        lab.note(
          `${name}: plain ${plain.rate.toFixed(0)}/s (batch ${batch}), served ${rates.at(-1)!.toFixed(0)}/s, ratio ${ratios.at(-1)!.toFixed(3)} (${byProcessor.at(-1)!.toFixed(3)} by processor time), p99 ${served.accepted.p99.toFixed(1)} ms`,
        );
      }
      const ratio = spreadOf(ratios);
      return {
        measured: `${say(ratio)} of the plain loop (batch ${batch}); ${say(spreadOf(rates), 0)} images/s; ${say(spreadOf(byProcessor))} by processor time, which other programs disturb less`,
        reached: goal === null ? null : ratio.median >= goal,
      };
    },
  };
}

export function loadOf(
  server: Started,
  weight: Weight,
  { form, items, connections }: { form: Form; items: number; connections: number },
): Omit<Load, 'seconds'> {
  return { url: server.url, path: `/v2/models/${ENCODERS[weight]}/infer`, payload: { form, items, side: SIDE }, connections };
}

/** Sends a load and resolves to what came of it. */
export function ask({ generator }: Pick<Lab, 'generator'>, load: Load): Promise<LoadReport> {
  return generator.ask<Load, LoadReport>(load);
}

/** Throws where anything but 200 came: such figures would mean nothing. */
export function checkAllAnswered({ statuses }: LoadReport): void {
  const others = Object.keys(statuses).filter((status) => status !== '200');
  if (others.length > 0) throw new Error(`Not all requests were answered: ${JSON.stringify(statuses)}`);
}
