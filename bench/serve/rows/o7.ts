/** @file O7: clients that send or read a byte in a second do not slow down the others, and are cut. */
import { CORES, Pinned } from '../pinned.js';
import type { Row } from '../row.js';
import type { SlowClients, SlowReport } from '../slow-clients.js';
import { ask, loadOf, SIDE } from '../throughput.js';

const EACH = 167;
/** What the server gives a slow sender: 15 s for the header, 60 s for the whole request, checked every second. */
const LONGEST = 63;

export const o7: Row = {
  name: 'O7',
  title: `light model: p99 of 4 usual clients beside ${3 * EACH} slow ones (header, body, reading; 1 byte/s)`,
  goal: `≤ 1.5 times the usual; slow senders cut within ${LONGEST} s`,
  async measure(lab) {
    const server = await lab.serve('light', '--queue-limit', '4096');
    const slow = lab.keep(new Pinned(CORES.generator, new URL('../slow-clients.ts', import.meta.url)));
    const load = loadOf(server, 'light', { form: 'binary', items: 1, connections: 4 });
    await ask(lab, { ...load, seconds: Math.min(lab.window, 5) });
    const usual = await ask(lab, { ...load, seconds: 2 * lab.window });
    const { url, path } = load;
    const cut = slow.ask<SlowClients, SlowReport>({ url, path, payload: { form: 'binary', items: 1, side: SIDE }, each: EACH, seconds: LONGEST });
    await ask(lab, { ...load, seconds: 5 });
    const beside = await ask(lab, { ...load, seconds: 2 * lab.window });
    const { ended, told, last } = await cut;
    const ratio = beside.accepted.p99 / usual.accepted.p99;
    return {
      measured: `${ratio.toFixed(2)} times (${usual.accepted.p99.toFixed(1)} → ${beside.accepted.p99.toFixed(1)} ms); of ${2 * EACH} slow senders ${ended} cut, the last after ${last.toFixed(0)} s, ${told} with 408`,
      reached: ratio <= 1.5 && ended >= 2 * EACH,
    };
  },
};
