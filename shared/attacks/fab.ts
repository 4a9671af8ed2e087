/** @file FAB: the nearest misclassified point, towards whichever class is nearest by linearisation (Croce and Hein, arXiv 1907.02044, algorithm 1). */
import { Type, type Static } from '@sinclair/typebox';
import type { Attack } from './attack.js';
import { gather, imageSize } from './batch.js';
import { fabRun, type Boundary } from './fab-run.js';
import { Ledger } from './ledger.js';
import { marginsOf, plainMargin } from './margin.js';
import { norms } from './norms.js';
import { countOption, earlyStopOption, epsilonOption, normOption, restartsOption } from './option-schemas.js';

const schema = Type.Object(
  {
    epsilon: epsilonOption,
    norm: normOption('linf', 'l2', 'l1'),
    steps: countOption('steps per restart; 100'),
    restarts: restartsOption,
    earlyStop: earlyStopOption,
  },
  { additionalProperties: false },
);

/** A step costs one gradient for every class but the label: with many classes take fab-t, which tries the likeliest ones. */
export const fab: Attack<Static<typeof schema>> = {
  name: 'fab',
  summary: 'the nearest misclassified point, towards the class that is nearest',
  needsMargins: true,
  options: schema,
  complete: ({ epsilon, norm = 'linf', steps = 100, restarts = 1, earlyStop = true }) => ({ epsilon, norm, steps, restarts, earlyStop }),
  cost: ({ steps, restarts }, classes) => ({ gradients: restarts * steps * (classes - 1), forwards: restarts * (steps + 1) + 1 }),
  async run(job) {
    const { oracle, x, labels } = job;
    const options = fab.complete(job.options);
    const margins = marginsOf(oracle, 'fab');
    const ledger = await Ledger.open(oracle, x, labels, { trace: false });
    const { dual } = norms[options.norm];
    const size = imageSize(x);
    const nearest: Boundary = async (points, indices) => {
      const margin = new Float64Array(indices.length);
      const gradient = new Float32Array(points.data.length);
      const distance = new Float64Array(indices.length).fill(Infinity);
      for (let shift = 1; shift < oracle.classes; shift++) {
        const own = Int32Array.from(indices, (index) => labels[index]!);
        const others = own.map((label) => (label + shift) % oracle.classes);
        const slope = await margins(gather(points, [...indices.keys()]), own, others, plainMargin);
        ledger.countGradients(indices, slope.gradient);
        for (let row = 0; row < indices.length; row++) {
          const part = slope.gradient.subarray(row * size, (row + 1) * size);
          const here = Math.abs(slope.loss[row]!) / (dual(part) + 1e-12);
          if (!(here < distance[row]!)) continue;
          [distance[row], margin[row]] = [here, slope.loss[row]!];
          gradient.set(part, row * size);
        }
      }
      return { margin, gradient };
    };
    for (let restart = 0; restart < options.restarts; restart++) {
      const survivors = ledger.survivors();
      if (survivors.length === 0) break;
      await fabRun({ ...job, options }, ledger, survivors, nearest, { restart, targets: null });
    }
    return ledger.outcomes();
  },
};
