/** @file P5: what batching across requests is worth. */
import type { Row, Weight } from '../row.js';
import { say, spreadOf } from '../statistics.js';
import { ask, loadOf } from '../throughput.js';

const CLIENTS = 64;

function batchingRow(name: string, weight: Weight): Row {
  return {
    name,
    title: `${weight} model, ${CLIENTS} clients with 1 image a request: batches of up to 32, beside a server with --batch 1`,
    goal: '≥ 1.25 times the images a second and batches of ≥ 8 on average, where the plain loop gains ≥ 1.3 from batches of 32',
    async measure(lab) {
      const raw = lab.raw(weight);
      const gain = (await raw.run(32, lab.window)).rate / (await raw.run(1, lab.window)).rate;
      const [batching, single] = [await lab.serve(weight), await lab.serve(weight, '--batch', '1')];
      const load = { form: 'binary' as const, items: 1, connections: CLIENTS };
      const ratios: number[] = [];
      for (let i = 0; i < lab.windows; i++) {
        const together = await ask(lab, { ...loadOf(batching, weight, load), seconds: lab.window });
        const apart = await ask(lab, { ...loadOf(single, weight, load), seconds: lab.window });
        ratios.push(together.rate / apart.rate);
      }
      const mean = (await batching.metric('robenc_inference_rows_total')) / (await batching.metric('robenc_inference_batches_total'));
      const ratio = spreadOf(ratios);
      return {
        measured: `${say(ratio)} times; ${mean.toFixed(1)} rows a batch; the plain loop gains ${gain.toFixed(2)}`,
        reached: gain < 1.3 ? null : ratio.median >= 1.25 && mean >= 8,
      };
    },
  };
}

export const p5 = batchingRow('P5', 'light');
export const p5Heavy = batchingRow('P5-heavy', 'heavy');
