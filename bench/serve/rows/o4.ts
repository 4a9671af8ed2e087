/** @file O4: what waits is bounded in bytes, and so is memory. */
import { burst, openOverloadable } from '../overload.js';
import type { Row } from '../row.js';

const BYTES = 64 * 2 ** 20;

export const o4: Row = {
  name: 'O4',
  title: 'light model at four times what can be done: memory of all processes of the server',
  goal: '≤ (idle + the bound of 64 MiB of bodies) + 20 %',
  async measure(lab) {
    const overloadable = await openOverloadable(lab, 'light', '--queue-bytes', '64mb');
    const idle = overloadable.server.memory();
    let most = idle;
    const watch = setInterval(() => (most = Math.max(most, overloadable.server.memory())), 250);
    await burst(lab, overloadable, 4, 3 * lab.window).finally(() => clearInterval(watch));
    const mb = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
    const bound = 1.2 * (idle + BYTES);
    return { measured: `idle ${mb(idle)} MiB, most ${mb(most)} MiB (bound ${mb(bound)} MiB)`, reached: most <= bound };
  },
};
