/** @file Robustness checks: what an attack costs beside the plain loop over the gradient graph. */
import type { Row } from '../row.js';
import { say, spreadOf } from '../statistics.js';
import { ask, SIDE } from '../throughput.js';
import type { Load } from '../generator.js';
import type { Started } from '../started.js';

const STEPS = 10;
/** Gradients of an attack of ten steps, and one more evaluation of what it found. */
const RUNS = STEPS + 1;

/** So small that every image stands to the last step: an attack ends at the first point that breaks its image. */
const EPSILON = '1e-6';

function load({ url }: Started, connections: number): Omit<Load, 'seconds'> {
  const path = `/v1/robustness?attack=pgd&steps=${STEPS}&epsilon=${EPSILON}`;
  return { url, path, payload: { form: 'png', items: 1, side: SIDE }, connections };
}

export const check: Row = {
  name: 'check',
  title: `heavy model, POST /v1/robustness with ${STEPS} steps of PGD on one image: its time beside ${RUNS} runs of the gradient graph`,
  goal: '≤ 1.3 times',
  async measure(lab) {
    const raw = lab.raw('heavy', 'gradient');
    const server = await lab.serve('heavy');
    await ask(lab, { ...load(server, 1), seconds: Math.min(lab.window, 5) });
    const ratios: number[] = [];
    for (let i = 0; i < lab.windows; i++) {
      const { milliseconds } = await raw.run(1, lab.window);
      const { accepted } = await ask(lab, { ...load(server, 1), seconds: lab.window });
      ratios.push(accepted.p50 / (RUNS * spreadOf(milliseconds).median));
    }
    const ratio = spreadOf(ratios);
    return { measured: `${say(ratio)} times`, reached: ratio.median <= 1.3 };
  },
};

export const checks: Row = {
  name: 'checks',
  title: 'heavy model, 32 such checks at once: rows of the gradient graph in a second beside the plain loop with batch 32',
  goal: '≥ 0.90',
  async measure(lab) {
    const raw = lab.raw('heavy', 'gradient');
    const server = await lab.serve('heavy');
    await ask(lab, { ...load(server, 32), seconds: Math.min(lab.window, 5) });
    const ratios: number[] = [];
    for (let i = 0; i < lab.windows; i++) {
      const plain = await raw.run(32, lab.window);
      const { accepted, elapsed } = await ask(lab, { ...load(server, 32), seconds: lab.window });
      ratios.push((accepted.count * RUNS) / elapsed / plain.rate);
    }
    const ratio = spreadOf(ratios);
    return { measured: say(ratio), reached: ratio.median >= 0.9 };
  },
};
