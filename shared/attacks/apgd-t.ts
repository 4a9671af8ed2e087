/** @file APGD-T: APGD towards each of the runners-up in turn, on the targeted DLR loss (Croce and Hein, arXiv 2003.01690). */
import { Type, type Static } from '@sinclair/typebox';
import { apgdRun } from './apgd-run.js';
import type { Attack } from './attack.js';
import { Ledger } from './ledger.js';
import { marginsOf, targetedDlr } from './margin.js';
import { countOption, epsilonOption, normOption } from './option-schemas.js';
import { runnersUp, targetsOf } from './runners-up.js';

const schema = Type.Object(
  {
    epsilon: epsilonOption,
    norm: normOption('linf', 'l2', 'l1'),
    targets: countOption('runner-up classes that are tried, at most all; 9 (l1: 5)', 10_000),
    steps: countOption('steps per target; 100'),
  },
  { additionalProperties: false },
);

/** Any misclassification counts, not only as the target. */
export const apgdT: Attack<Static<typeof schema>> = {
  name: 'apgd-t',
  summary: 'apgd towards each of the runner-up classes, on the targeted DLR loss',
  needsMargins: true,
  options: schema,
  complete: ({ epsilon, norm = 'linf', targets = norm === 'l1' ? 5 : 9, steps = 100 }) => ({ epsilon, norm, targets, steps }),
  cost: ({ norm, targets, steps }, classes) => ({ gradients: targetsOf(targets, classes) * (steps + (norm === 'l1' ? 3 : 1)), forwards: 2 }),
  async run(job) {
    const { oracle, x, labels } = job;
    const options = apgdT.complete(job.options);
    const margins = marginsOf(oracle, 'apgd-t');
    const ledger = await Ledger.open(oracle, x, labels, { trace: false });
    const loss = targetedDlr(oracle.classes);
    const at = (values: Int32Array, indices: readonly number[]) => Int32Array.from(indices, (index) => values[index]!);
    for await (const { rank, targets, survivors } of runnersUp(job, ledger, options.targets))
      await apgdRun(
        { ...job, options: { ...options, earlyStop: true } },
        ledger,
        survivors,
        (points, indices) => margins(points, at(labels, indices), at(targets, indices), loss),
        ['t', rank],
        { targets },
      );
    return ledger.outcomes();
  },
};
