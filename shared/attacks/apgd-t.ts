/** @file APGD-T: APGD towards each of the runners-up in turn, on the targeted DLR loss (Croce and Hein, arXiv 2003.01690). */
import { Type, type Static } from '@sinclair/typebox';
import { climbApgd } from './apgd-run.js';
import type { Attack } from './attack.js';
import { Ledger } from './ledger.js';
import { marginsOf, targetedDlr } from './margin.js';
import { runnersUp } from './runners-up.js';

const schema = Type.Object(
  {
    epsilon: Type.Number({ minimum: 0, description: 'radius of the ball, in pixels of [0,1]' }),
    norm: Type.Optional(Type.Union([Type.Literal('linf'), Type.Literal('l2')], { description: 'norm of the ball; linf' })),
    targets: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, description: 'runner-up classes that are tried, at most all; 9' })),
    steps: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000, description: 'steps per target; 100' })),
  },
  { additionalProperties: false },
);

/** Any misclassification counts, not only as the target. */
export const apgdT: Attack<Static<typeof schema>> = {
  name: 'apgd-t',
  summary: 'apgd towards each of the runner-up classes, on the targeted DLR loss',
  options: schema,
  complete: ({ epsilon, norm = 'linf', targets = 9, steps = 100 }) => ({ epsilon, norm, targets, steps }),
  async run(job) {
    const { oracle, x, labels } = job;
    const options = apgdT.complete(job.options);
    const margins = marginsOf(oracle, 'apgd-t');
    const ledger = await Ledger.open(oracle, x, labels, { trace: false });
    const loss = targetedDlr(oracle.classes);
    const at = (values: Int32Array, indices: readonly number[]) => Int32Array.from(indices, (index) => values[index]!);
    for await (const { rank, targets, survivors } of runnersUp(job, ledger, options.targets))
      await climbApgd({ ...job, options }, ledger, survivors, (points, indices) => margins(points, at(labels, indices), at(targets, indices), loss), [
        't',
        rank,
      ]);
    return ledger.outcomes();
  },
};
