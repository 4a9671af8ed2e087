/** @file P8: how late the thread that speaks HTTP is, at full load and while a model is loaded. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENCODERS, type Lab, type Row } from '../row.js';
import { say, spreadOf } from '../statistics.js';
import { ask, loadOf } from '../throughput.js';

const KEY = 'bench';
const AUTHORIZED = { authorization: `Bearer ${KEY}` };
const DELAY = ['robenc_event_loop_delay_seconds', { quantile: '0.99' }] as const;

export const p8: Row = {
  name: 'P8',
  title:
    'delay of the event loop of the HTTP thread, p99 in milliseconds: heavy model at full load; the light one while the heavy one is loaded again and again',
  goal: '≤ 20 and ≤ 20',
  async measure(lab) {
    const loaded = spreadOf(await atFullLoad(lab));
    const loading = spreadOf(await whileLoading(lab));
    return { measured: `${say(loaded, 1)} and ${say(loading, 1)}`, reached: loaded.median <= 20 && loading.median <= 20 };
  },
};

/** Reading the gauge sets it back. */
async function atFullLoad(lab: Lab): Promise<number[]> {
  const server = await lab.serve('heavy');
  const load = loadOf(server, 'heavy', { form: 'binary', items: 1, connections: 32 });
  await ask(lab, { ...load, seconds: Math.min(lab.window, 5) });
  const delays: number[] = [];
  for (let i = 0; i < lab.windows; i++) {
    await server.metric(...DELAY);
    await ask(lab, { ...load, seconds: lab.window });
    delays.push(1000 * (await server.metric(...DELAY)));
  }
  return delays;
}

async function whileLoading(lab: Lab): Promise<number[]> {
  const folder = mkdtempSync(join(tmpdir(), 'robenc-bench-keys-'));
  try {
    const keys = join(folder, 'keys.json');
    const sha256 = createHash('sha256').update(KEY).digest('hex');
    writeFileSync(keys, JSON.stringify({ keys: [{ name: 'bench', sha256, scopes: ['infer', 'admin'] }] }));
    const server = await lab.serve('light', '--keys', keys);
    const change = (what: 'load' | 'unload') =>
      fetch(`${server.url}/v1/models/${what}`, {
        method: 'POST',
        headers: { ...AUTHORIZED, 'content-type': 'application/json' },
        body: JSON.stringify({ model: ENCODERS.heavy }),
      }).then((answer) => answer.arrayBuffer());
    const load = { ...loadOf(server, 'light', { form: 'binary', items: 1, connections: 4 }), headers: AUTHORIZED };
    const delays: number[] = [];
    for (let i = 0; i < lab.windows; i++) {
      await server.metric(...DELAY, AUTHORIZED);
      let over = false;
      const served = ask(lab, { ...load, seconds: lab.window }).finally(() => (over = true));
      // `over` changes while this waits.
      while (!(over as boolean)) for (const what of ['load', 'unload'] as const) await change(what);
      await served;
      delays.push(1000 * (await server.metric(...DELAY, AUTHORIZED)));
    }
    return delays;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
