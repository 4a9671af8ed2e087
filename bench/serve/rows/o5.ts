/** @file O5: what is over before its turn comes is answered with 504 and never computed. */
import type { Row } from '../row.js';
import { ask, loadOf } from '../throughput.js';

/** Two batches of the heavy model, and requests that are over long before the first of them ends. */
const LONG = 64;
const DEADLINE_MS = 20;
const HASTY = 200;

export const o5: Row = {
  name: 'O5',
  title: `heavy model: ${HASTY} requests that wait at most ${DEADLINE_MS} ms beside ones of ${LONG} images`,
  goal: 'all 504; rows that were computed for them: 0',
  async measure(lab) {
    const server = await lab.serve('heavy');
    const second = lab.secondGenerator();
    const long = { ...loadOf(server, 'heavy', { form: 'binary', items: LONG, connections: 1 }), seconds: 0.001 };
    const hasty = { ...loadOf(server, 'heavy', { form: 'binary', items: 1, connections: HASTY }), headers: { 'x-request-timeout-ms': String(DEADLINE_MS) } };
    await ask(lab, long);
    const before = await server.metric('robenc_inference_rows_total');
    const busy = ask({ generator: second }, long);
    while ((await server.metric('robenc_running_batches')) === 0);
    const { statuses } = await ask(lab, { ...hasty, seconds: 0.001 });
    await busy;
    const rows = (await server.metric('robenc_inference_rows_total')) - before - LONG;
    return { measured: `${JSON.stringify(statuses)}; ${rows} rows`, reached: Object.keys(statuses).join() === '504' && rows === 0 };
  },
};
