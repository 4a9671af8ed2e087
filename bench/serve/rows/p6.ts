/** @file P6: what a lone request pays for the server. */
import type { Row } from '../row.js';
import { quantile, say, spreadOf } from '../statistics.js';
import { ask, loadOf } from '../throughput.js';

export const p6: Row = {
  name: 'P6',
  title: 'light model, binary, one request at a time: milliseconds more than the plain loop with batch 1',
  goal: 'p50 ≤ 0.5, p99 ≤ 3',
  async measure(lab) {
    const raw = lab.raw('light');
    const server = await lab.serve('light');
    const load = loadOf(server, 'light', { form: 'binary', items: 1, connections: 1 });
    await ask(lab, { ...load, seconds: Math.min(lab.window, 5) });
    const added: { p50: number; p99: number }[] = [];
    for (let i = 0; i < lab.windows; i++) {
      const { milliseconds } = await raw.run(1, lab.window);
      const { accepted } = await ask(lab, { ...load, seconds: lab.window });
      added.push({ p50: accepted.p50 - quantile(milliseconds, 0.5), p99: accepted.p99 - quantile(milliseconds, 0.99) });
    }
    const [p50, p99] = [spreadOf(added.map((one) => one.p50)), spreadOf(added.map((one) => one.p99))];
    return { measured: `p50 +${say(p50)}, p99 +${say(p99)}`, reached: p50.median <= 0.5 && p99.median <= 3 };
  },
};
