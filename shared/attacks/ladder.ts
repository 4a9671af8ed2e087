/** @file The nearest misclassified point of each image: FAB, and then APGD on a ladder of radii that leads down from what was found. */
import { Type, type Static } from '@sinclair/typebox';
import { apgdRun } from './apgd-run.js';
import { apgd } from './apgd.js';
import { apgdT } from './apgd-t.js';
import type { Attack, AttackJob, Outcome } from './attack.js';
import { gather, imageSize } from './batch.js';
import { combined } from './combined.js';
import { fab } from './fab.js';
import { Ledger } from './ledger.js';
import { marginsOf, targetedDlr } from './margin.js';
import { countOption, epsilonOption, normOption } from './option-schemas.js';

const schema = Type.Object(
  {
    epsilon: epsilonOption,
    norm: normOption('linf', 'l2', 'l1'),
    rungs: countOption('radii at equal distances up to epsilon; 32', 1000),
    steps: countOption('steps of fab, and of apgd at each radius below the largest; 50'),
  },
  { additionalProperties: false },
);

type LadderOptions = Static<typeof schema>;

/** What is tried on images that have no misclassified point in sight. */
const FAR: readonly Attack[] = [apgd, apgdT];

/** Of a radius: a point this much nearer than a rung is as good as on it. */
const SLACK = 1e-5;

/**
 * Three parts: `fab` to its end; `apgd` and `apgd-t` at epsilon on the images that it did not bring into the ball; then from each point found down to the next radius
 * below it, by targeted DLR towards the class of that point, from that point moved into the smaller ball, until one is not reached. The returned point is
 * the nearest one met, so one run says at which of all radii an image stands.
 */
export const ladder: Attack<LadderOptions> = {
  name: 'ladder',
  summary: 'the nearest misclassified point: fab, then apgd at ever smaller radii, each time from the point found before',
  needsMargins: true,
  exhaustive: true,
  options: schema,
  complete: ({ epsilon, norm = 'linf', rungs = 32, steps = 50 }) => ({ epsilon, norm, rungs, steps }),
  cost(options, classes) {
    const parts = [fab.cost(nearOptions(options), classes), ...FAR.map((attack) => attack.cost(farOptions(attack, options), classes))];
    return parts.reduce((sum, { gradients, forwards }) => ({ gradients: sum.gradients + gradients, forwards: sum.forwards + forwards }));
  },
  async run(job) {
    const options = ladder.complete(job.options);
    marginsOf(job.oracle, 'ladder');
    const outcomes = await fab.run({ ...job, options: nearOptions(options) });
    for (const attack of FAR) {
      const standing = outcomes.flatMap(({ broken }, index) => (broken ? [] : [index]));
      if (standing.length === 0) break;
      const far = await attack.run({ ...job, ...part(job, standing), options: farOptions(attack, options) });
      standing.forEach((index, row) => (outcomes[index] = combined(outcomes[index]!, far[row]!, far[row]!)));
    }
    await climbDown({ ...job, options }, outcomes);
    return outcomes;
  },
};

const nearOptions = ({ epsilon, norm, steps }: Required<LadderOptions>) => fab.complete({ epsilon, norm, steps, earlyStop: false });
const farOptions = (attack: Attack, { epsilon, norm }: Required<LadderOptions>) => attack.complete({ epsilon, norm });

function part({ x, labels }: Pick<AttackJob, 'x' | 'labels'>, indices: readonly number[]): Pick<AttackJob, 'x' | 'labels'> {
  return { x: gather(x, indices), labels: Int32Array.from(indices, (index) => labels[index]!) };
}

/** Every image goes down rung by rung, all of them at once, each at its own radius. */
async function climbDown(job: AttackJob<Required<LadderOptions>>, outcomes: Outcome[]): Promise<void> {
  const { epsilon, norm, rungs, steps } = job.options;
  const rungBelow = (distance: number) => Math.ceil((distance / epsilon) * rungs * (1 - SLACK)) - 1;
  const next = outcomes.map((outcome) => (outcome.broken && outcome.cleanPrediction === outcome.label && epsilon > 0 ? rungBelow(outcome[norm]) : 0));
  for (;;) {
    const indices = [...next.keys()].filter((index) => next[index]! > 0);
    if (indices.length === 0) return;
    const radii = indices.map((index) => (epsilon * next[index]!) / rungs);
    const below = await descend(job, indices, outcomes, { radii, steps });
    indices.forEach((index, row) => {
      const [before, after] = [outcomes[index]!, below[row]!];
      outcomes[index] = combined(before, after, after.broken ? after : before);
      next[index] = after.broken ? Math.min(next[index]! - 1, rungBelow(after[norm])) : 0;
    });
  }
}

async function descend(
  job: AttackJob<Required<LadderOptions>>,
  indices: readonly number[],
  outcomes: readonly Outcome[],
  { radii, steps }: { radii: readonly number[]; steps: number },
): Promise<Outcome[]> {
  const { oracle } = job;
  const { epsilon, norm } = job.options;
  const { x, labels } = part(job, indices);
  const size = imageSize(x);
  const targets = Int32Array.from(indices, (index) => outcomes[index]!.adversarialPrediction);
  const [margins, loss] = [marginsOf(oracle, 'ladder'), targetedDlr(oracle.classes)];
  const at = (values: Int32Array, rows: readonly number[]) => Int32Array.from(rows, (row) => values[row]!);
  const ledger = await Ledger.open(oracle, x, labels, { trace: false });
  const warm = {
    radius: (row: number) => radii[row]!,
    point(row: number) {
      const { [norm]: distance, adversarial } = outcomes[indices[row]!]!;
      const clean = x.data.subarray(row * size, (row + 1) * size);
      return adversarial.map((value, i) => clean[i]! + (radii[row]! / distance) * (value - clean[i]!));
    },
  };
  await apgdRun(
    { ...job, x, labels, options: { epsilon, norm, steps, earlyStop: true } },
    ledger,
    [...indices.keys()],
    (points, rows) => margins(points, at(labels, rows), at(targets, rows), loss),
    ['ladder'],
    { targets, warm },
  );
  return ledger.outcomes();
}
