/** @file O8: nobody starves beside a client, or a model, that asks for much. */
import { ENCODERS, type Row, type Weight } from '../row.js';
import { startServer } from '../started.js';
import { ask, loadOf } from '../throughput.js';

const BIG = 1024;

interface FairnessCase {
  readonly name: string;
  readonly title: string;
  readonly model: Weight;
  readonly beside: { readonly weight: Weight; readonly items: number; readonly connections: number };
  readonly goal: number | null;
}

function fairnessRow({ name, title, model, beside, goal }: FairnessCase): Row {
  return {
    name,
    title,
    goal: goal === null ? '—' : `p99 ≤ ${goal} times that alone`,
    async measure(lab) {
      const server = lab.keep(await startServer(lab.models, [ENCODERS.heavy, ENCODERS.light], ['--max-images', String(BIG), '--queue-limit', '4096']));
      const small = loadOf(server, model, { form: 'binary', items: 1, connections: 1 });
      const big = loadOf(server, beside.weight, { form: 'binary', ...beside });
      const second = { generator: lab.secondGenerator() };
      await ask(lab, { ...small, seconds: Math.min(lab.window, 5) });
      const alone = await ask(lab, { ...small, seconds: lab.window });
      const busy = ask(second, { ...big, seconds: 2 * lab.window + 2 });
      await ask(lab, { ...small, seconds: 2 });
      const { accepted } = await ask(lab, { ...small, seconds: lab.window });
      await busy;
      const ratio = accepted.p99 / alone.accepted.p99;
      return {
        measured: `${ratio.toFixed(1)} times (p50 ${alone.accepted.p50.toFixed(1)} → ${accepted.p50.toFixed(1)} ms, p99 ${alone.accepted.p99.toFixed(1)} → ${accepted.p99.toFixed(1)} ms)`,
        reached: goal === null ? null : ratio <= goal,
      };
    },
  };
}

export const o8 = fairnessRow({
  name: 'O8',
  title: `heavy model: a client with 1 image a request beside one with ${BIG}`,
  model: 'heavy',
  beside: { weight: 'heavy', items: BIG, connections: 1 },
  goal: 3,
});

export const o8Light = fairnessRow({
  name: 'O8-light',
  title: `light model: a client with 1 image a request beside one with ${BIG}`,
  model: 'light',
  beside: { weight: 'light', items: BIG, connections: 1 },
  goal: 3,
});

export const o8Models = fairnessRow({
  name: 'O8-models',
  title: 'a client of the light model beside 32 clients of the heavy one',
  model: 'light',
  beside: { weight: 'heavy', items: 1, connections: 32 },
  goal: null,
});
