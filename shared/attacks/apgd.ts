/** @file APGD: gradient ascent that chooses its own step sizes (Croce and Hein, arXiv 2003.01690). */
import { Type, type Static } from '@sinclair/typebox';
import { apgdRun } from './apgd-run.js';
import type { Attack, Oracle } from './attack.js';
import { Ledger } from './ledger.js';
import { dlr, marginsOf } from './margin.js';
import { countOption, earlyStopOption, epsilonOption, normOption, restartsOption } from './option-schemas.js';

const schema = Type.Object(
  {
    epsilon: epsilonOption,
    norm: normOption('linf', 'l2', 'l1'),
    loss: Type.Optional(Type.Union([Type.Literal('ce'), Type.Literal('dlr')], { description: 'cross-entropy or difference of logits ratio; ce' })),
    steps: countOption('steps per restart; 100'),
    restarts: restartsOption,
    earlyStop: earlyStopOption,
  },
  { additionalProperties: false },
);

/** Every iterate is checked, and broken images leave the batch at once: the verdicts are those of the full schedule. */
export const apgd: Attack<Static<typeof schema>> = {
  name: 'apgd',
  summary: 'gradient ascent that chooses its own step sizes, with momentum and restarts from the best point',
  options: schema,
  complete: ({ epsilon, norm = 'linf', loss = 'ce', steps = 100, restarts = 1, earlyStop = true }) => ({ epsilon, norm, loss, steps, restarts, earlyStop }),
  cost: ({ norm, steps, restarts }) => ({ gradients: restarts * (steps + (norm === 'l1' ? 3 : 1)), forwards: 1 }),
  async run(job) {
    const { oracle, x, labels } = job;
    const options = apgd.complete(job.options);
    const lossAndGradient = lossOf(oracle, options.loss);
    const ledger = await Ledger.open(oracle, x, labels, { trace: false });
    for (let restart = 0; restart < options.restarts; restart++) {
      const survivors = options.earlyStop ? ledger.survivors() : ledger.correct();
      if (survivors.length === 0) break;
      const evaluate = (points: typeof x, indices: readonly number[]) =>
        lossAndGradient(
          points,
          Int32Array.from(indices, (index) => labels[index]!),
        );
      await apgdRun({ ...job, options }, ledger, survivors, evaluate, [options.loss, restart]);
    }
    return ledger.outcomes();
  },
};

function lossOf(oracle: Oracle, loss: 'ce' | 'dlr'): Oracle['lossAndGradient'] {
  if (loss === 'ce') return (x, labels) => oracle.lossAndGradient(x, labels);
  const margins = marginsOf(oracle, 'apgd with the loss dlr');
  return (x, labels) => margins(x, labels, new Int32Array(labels.length).fill(-1), dlr(oracle.classes));
}
