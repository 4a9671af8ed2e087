/** @file AutoAttack's standard ensemble as one attack: the stages of the preset, each on what survived the ones before (Croce and Hein, arXiv 2003.01690). */
import { Type, type Static } from '@sinclair/typebox';
import type { Attack, Outcome } from './attack.js';
import { gather } from './batch.js';
import { combined } from './combined.js';
import { Ledger } from './ledger.js';
import { marginsOf } from './margin.js';
import { countOption, epsilonOption, normOption } from './option-schemas.js';
import { presets, presetStages } from './presets.js';

const schema = Type.Object(
  {
    epsilon: epsilonOption,
    norm: normOption('linf', 'l2', 'l1'),
    steps: countOption('steps of each gradient attack, per target; 100'),
    targets: countOption('runner-up classes that are tried, at most all; 9', 10_000),
    queries: countOption('points that square tries; 5000', 1_000_000),
  },
  { additionalProperties: false },
);

const TARGETS = 9;

type StandardOptions = Static<typeof schema>;

/** With the usual number of targets every stage has its own. */
function stages({ epsilon, norm, steps, targets, queries }: Required<StandardOptions>) {
  return presetStages(presets.get('standard'), { epsilon, norm, overrides: { steps, queries, targets: targets === TARGETS ? undefined : targets } });
}

/** The verdict on an image is that of the worst case over the four; each starts from the clean images. */
export const standard: Attack<StandardOptions> = {
  name: 'standard',
  summary: 'the standard ensemble of AutoAttack: apgd, apgd-t, fab-t and square, each on the survivors of the ones before',
  needsMargins: true,
  options: schema,
  complete: ({ epsilon, norm = 'linf', steps = 100, targets = TARGETS, queries = 5000 }) => ({ epsilon, norm, steps, targets, queries }),
  cost: (options, classes) =>
    stages(options).reduce(
      (sum, stage) => {
        const { gradients, forwards } = stage.attack.cost(stage.options, classes);
        return { gradients: sum.gradients + gradients, forwards: sum.forwards + forwards };
      },
      { gradients: 0, forwards: 1 },
    ),
  async run(job) {
    const options = standard.complete(job.options);
    const { oracle, x, labels } = job;
    // Now and not after the first stage.
    marginsOf(oracle, 'standard');
    // Checks the labels and gives the outcome of images that are wrong from the start.
    const outcomes = (await Ledger.open(oracle, x, labels, { trace: false })).outcomes();
    for (const stage of stages(options)) {
      const survivors = outcomes.flatMap(({ broken }, index) => (broken ? [] : [index]));
      if (survivors.length === 0) break;
      const part = Int32Array.from(survivors, (index) => labels[index]!);
      const results = await stage.attack.run({ ...job, options: stage.options, x: gather(x, survivors), labels: part });
      survivors.forEach((index, row) => (outcomes[index] = worse(outcomes[index]!, results[row]!)));
    }
    return outcomes;
  },
};

/** The later outcome of an image that survived until then, unless it failed with a smaller loss. */
function worse(before: Outcome, after: Outcome): Outcome {
  return combined(before, after, after.broken || after.lossAfter > before.lossAfter ? after : before);
}
