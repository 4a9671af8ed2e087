/** @file AutoAttack's standard ensemble: four attacks, each on what survived the ones before (Croce and Hein, arXiv 2003.01690). */
import { Type, type Static } from '@sinclair/typebox';
import { apgdT } from './apgd-t.js';
import { apgd } from './apgd.js';
import type { Attack, AttackJob, AttackOptions, Outcome } from './attack.js';
import { gather } from './batch.js';
import { fabT } from './fab-t.js';
import { Ledger } from './ledger.js';
import { marginsOf } from './margin.js';
import { square } from './square.js';

const schema = Type.Object(
  {
    epsilon: Type.Number({ minimum: 0, description: 'radius of the ball, in pixels of [0,1]' }),
    norm: Type.Optional(Type.Union([Type.Literal('linf')], { description: 'norm of the ball; linf' })),
    steps: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000, description: 'steps of each gradient attack, per target; 100' })),
    targets: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, description: 'runner-up classes that are tried, at most all; 9' })),
    queries: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'points that square tries; 5000' })),
  },
  { additionalProperties: false },
);

type StandardOptions = Required<Static<typeof schema>>;

/** The stages in the published order; each starts from the clean images. */
const stages: readonly ((job: AttackJob<StandardOptions>) => Promise<Outcome[]>)[] = [
  (job) => apgd.run({ ...job, options: { ...ball(job.options), loss: 'ce', steps: job.options.steps } }),
  (job) => apgdT.run({ ...job, options: { ...ball(job.options), targets: job.options.targets, steps: job.options.steps } }),
  (job) => fabT.run({ ...job, options: { ...ball(job.options), targets: job.options.targets, steps: job.options.steps } }),
  (job) => square.run({ ...job, options: { ...ball(job.options), queries: job.options.queries } }),
];

/** The verdict on an image is that of the worst case over the four. */
export const standard: Attack<Static<typeof schema>> = {
  name: 'standard',
  summary: 'the standard ensemble of AutoAttack: apgd, apgd-t, fab-t and square, each on the survivors of the ones before',
  options: schema,
  complete: ({ epsilon, norm = 'linf', steps = 100, targets = 9, queries = 5000 }) => ({ epsilon, norm, steps, targets, queries }),
  async run(job) {
    const options = standard.complete(job.options);
    const { oracle, x, labels } = job;
    // Now and not after the first stage.
    marginsOf(oracle, 'standard');
    // Checks the labels and gives the outcome of images that are wrong from the start.
    const outcomes = (await Ledger.open(oracle, x, labels, { trace: false })).outcomes();
    for (const run of stages) {
      const survivors = outcomes.flatMap(({ broken }, index) => (broken ? [] : [index]));
      if (survivors.length === 0) break;
      const part = Int32Array.from(survivors, (index) => labels[index]!);
      const results = await run({ ...job, options, x: gather(x, survivors), labels: part });
      survivors.forEach((index, row) => (outcomes[index] = worse(outcomes[index]!, results[row]!)));
    }
    return outcomes;
  },
};

function ball({ epsilon, norm }: StandardOptions): Required<AttackOptions> & { norm: 'linf' } {
  return { epsilon, norm };
}

/** The later outcome of an image that survived until then, unless it failed with a smaller loss; the counts of both. */
function worse(before: Outcome, after: Outcome): Outcome {
  const chosen = after.broken || after.lossAfter > before.lossAfter ? after : before;
  return {
    ...chosen,
    iterations: before.iterations + after.iterations,
    zeroGradients: before.zeroGradients + after.zeroGradients,
    nonFiniteGradients: before.nonFiniteGradients + after.nonFiniteGradients,
  };
}
