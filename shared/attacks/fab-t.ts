/** @file FAB-T: the nearest misclassified point, by linearising the margin towards each runner-up (Croce and Hein, arXiv 1907.02044 and 2003.01690). */
import { Type, type Static } from '@sinclair/typebox';
import type { Attack } from './attack.js';
import { fabRun } from './fab-run.js';
import { Ledger } from './ledger.js';
import { marginsOf, plainMargin } from './margin.js';
import { countOption, earlyStopOption, epsilonOption, normOption } from './option-schemas.js';
import { runnersUp, targetsOf } from './runners-up.js';

const schema = Type.Object(
  {
    epsilon: epsilonOption,
    norm: normOption('linf', 'l2', 'l1'),
    targets: countOption('runner-up classes that are tried, at most all; 9', 10_000),
    steps: countOption('steps per target; 100'),
    earlyStop: earlyStopOption,
  },
  { additionalProperties: false },
);

/** Deterministic. Without earlyStop the point it returns for a broken image is the nearest one towards the first target that broke it. */
export const fabT: Attack<Static<typeof schema>> = {
  name: 'fab-t',
  summary: 'the nearest misclassified point, towards each of the runner-up classes',
  needsMargins: true,
  options: schema,
  complete: ({ epsilon, norm = 'linf', targets = 9, steps = 100, earlyStop = true }) => ({ epsilon, norm, targets, steps, earlyStop }),
  cost: ({ targets, steps }, classes) => ({ gradients: targetsOf(targets, classes) * steps, forwards: targetsOf(targets, classes) * (steps + 1) + 2 }),
  async run(job) {
    const { oracle, x, labels } = job;
    const options = fabT.complete(job.options);
    const margins = marginsOf(oracle, 'fab-t');
    const ledger = await Ledger.open(oracle, x, labels, { trace: false });
    const at = (values: Int32Array, indices: readonly number[]) => Int32Array.from(indices, (index) => values[index]!);
    for await (const { targets, survivors } of runnersUp(job, ledger, options.targets))
      await fabRun(
        { ...job, options },
        ledger,
        survivors,
        async (points, indices) => {
          const { loss, gradient } = await margins(points, at(labels, indices), at(targets, indices), plainMargin);
          ledger.countGradients(indices, gradient);
          return { margin: loss, gradient };
        },
        { restart: 0, targets },
      );
    return ledger.outcomes();
  },
};
