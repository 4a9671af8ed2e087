/** @file O3: after a burst the server is soon as it was. */
import { setTimeout as sleep } from 'node:timers/promises';
import { burst, openOverloadable } from '../overload.js';
import type { Row } from '../row.js';
import { say, spreadOf } from '../statistics.js';
import { ask, loadOf } from '../throughput.js';

const RECOVERY_MS = 2_000;

export const o3: Row = {
  name: 'O3',
  title: `light model, ${RECOVERY_MS / 1000} s after a burst of twice what can be done: p50 of a lone client beside that before, rows that wait`,
  goal: '≤ 1.10, 0',
  async measure(lab) {
    const overloadable = await openOverloadable(lab, 'light');
    const lone = loadOf(overloadable.server, 'light', { form: 'binary', items: 1, connections: 1 });
    const ratios: number[] = [];
    let waiting = 0;
    for (let i = 0; i < lab.windows; i++) {
      const before = await ask(lab, { ...lone, seconds: lab.window });
      await burst(lab, overloadable, 2, lab.window);
      await sleep(RECOVERY_MS);
      waiting += await overloadable.server.metric('robenc_queue_rows');
      const after = await ask(lab, { ...lone, seconds: lab.window });
      ratios.push(after.accepted.p50 / before.accepted.p50);
    }
    const ratio = spreadOf(ratios);
    return { measured: `${say(ratio)}, ${waiting}`, reached: ratio.median <= 1.1 && waiting === 0 };
  },
};
