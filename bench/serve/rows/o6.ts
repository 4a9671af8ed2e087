/** @file O6: work of clients that have gone is not done, is counted, and leaves nothing behind. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { HangUps } from '../hang-ups.js';
import { CORES, Pinned } from '../pinned.js';
import type { Row } from '../row.js';
import type { Started } from '../started.js';
import { ask, loadOf, SIDE } from '../throughput.js';

const COUNT = 10_000;

export const o6: Row = {
  name: 'O6',
  title: `light model under full load: ${COUNT.toLocaleString('en')} clients that hang up 10 ms after asking`,
  goal: 'those that are not answered are counted as 499; nothing left in work; memory at the end ≤ 1.2 times that after the first tenth',
  async measure(lab) {
    const server = await lab.serve('light');
    const hangUps = lab.keep(new Pinned(CORES.generator, new URL('../hang-ups.ts', import.meta.url)));
    const load = loadOf(server, 'light', { form: 'binary', items: 16, connections: 32 });
    let over = false;
    const busy = (async () => {
      while (!over) await ask(lab, { ...load, seconds: 2 });
    })();
    const { url, path } = load;
    const hangUp = (count: number) =>
      hangUps.ask<HangUps, number>({ url, path, payload: { form: 'binary', items: 1, side: SIDE }, count, clients: 50, patience: 10 });
    const first = await hangUp(COUNT / 10);
    const early = server.memory();
    const answered = first + (await hangUp((COUNT * 9) / 10));
    const late = server.memory();
    over = true;
    await busy;
    const left = await settled(server);
    const gone = await server.metric('robenc_requests_total', { status: '499' });
    return {
      measured: `${answered} were answered in time, ${gone} counted as 499; ${left} in work at the end; memory ${(late / early).toFixed(2)} times`,
      // A client that hangs up before its request was read was never there.
      reached: gone <= COUNT - answered && gone > 0 && left === 0 && late <= 1.2 * early,
    };
  },
};

/** Rows and batches in work, once they are none or after two seconds. */
async function settled(server: Started): Promise<number> {
  for (let i = 0; ; i++) {
    const left = (await server.metric('robenc_admitted_rows')) + (await server.metric('robenc_queue_rows')) + (await server.metric('robenc_running_batches'));
    if (left === 0 || i === 20) return left;
    await sleep(100);
  }
}
