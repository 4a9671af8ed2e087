/** @file Puts together what an audit found, in the form of its schema. */
import { AUDIT_SCHEMA_VERSION, type AuditFlag, type AuditRadius, type AuditReport } from '@robenc/shared/config/audit.js';
import { classCounts } from '@robenc/shared/data/image-set.js';
import { radiusResults } from '@robenc/shared/evaluation/radius-results.js';
import { certificateClaim, certificateOf } from './certificate.js';
import { curvePoints } from './curve.js';
import { corruptionsOf } from './corruptions.js';
import type { AuditJob } from '../job.js';
import type { Prepared } from '../prepare.js';
import type { AuditOutcome, EpsilonTally } from '../work/outcome.js';
import type { WorkPlan } from '../work/plan.js';

/** What a finished audit knows. */
export interface Finished {
  readonly job: AuditJob;
  /** Of the preset or attack, and the digest of all its constants. */
  readonly name: string;
  readonly digest: string;
  readonly prepared: Prepared;
  readonly plan: WorkPlan;
  readonly device: string;
  readonly outcome: AuditOutcome;
  readonly flags: readonly AuditFlag[];
  /** Why not everything was done; null where it was. */
  readonly incomplete: string | null;
  /** Milliseconds since 1970. */
  readonly started: number;
  readonly ended: number;
}

const CORRUPTED = 'no attack; common corruptions of the images that go into the model';

export function reportOf(finished: Finished): AuditReport {
  const { job, name, digest, prepared, plan, device, outcome, flags, incomplete, started, ended } = finished;
  const { target, input, set, threat, setup } = prepared;
  const counts = classCounts(set);
  const { manifest } = target;
  const reliable = flags.every(({ severity }) => severity !== 'critical');
  const results = outcome.results.map((result, e) => radiusOf(name, plan, outcome, result, e, setup.logitOf.length === 0 ? [] : set.classes, setup.logitOf));
  const certificate =
    outcome.certificate &&
    certificateOf(
      outcome.certificate,
      outcome.samples.length,
      outcome.results.map(({ epsilon }) => epsilon),
    );
  const corruptions = corruptionsOf(outcome, set);
  const attacked = outcome.stages.length > 0 && certificate === undefined;
  const curve = attacked
    ? curvePoints(
        outcome.samples,
        plan.norm,
        outcome.results.map(({ epsilon }) => epsilon),
      )
    : undefined;
  return {
    schema: 'robenc/audit',
    schemaVersion: AUDIT_SCHEMA_VERSION,
    createdAt: new Date(started).toISOString(),
    seconds: (ended - started) / 1000,
    model: {
      path: target.path,
      sha256: target.sha256,
      package: manifest === null ? null : `${manifest.name}@${manifest.version}`,
      input: input.text,
      output: setup.output,
      classes: setup.classes,
    },
    data: {
      path: job.data.path ?? job.data.name,
      format: set.name,
      split: job.split,
      images: set.count,
      height: set.height,
      width: set.width,
      classes: set.classes.map((label, i) => ({ name: label, logit: setup.logitOf[i] ?? i, images: counts[i]! })),
    },
    threatModel: { name: threat.name, text: certificate !== undefined ? certificateClaim(certificate) : attacked ? threat.text : CORRUPTED },
    preset: { name, sha256: digest, draws: plan.draws, votes: plan.votes },
    assumptions: [...prepared.plan.assumptions],
    seed: job.seed,
    device,
    complete: incomplete === null,
    incomplete,
    unverified: outcome.unverified,
    results,
    ...(certificate && { certificate }),
    ...(corruptions && { corruptions }),
    ...(curve && { curve }),
    flags: [...flags],
    reliable,
    failUnder: job.failUnder,
    passed:
      reliable &&
      incomplete === null &&
      results.every(({ robustAccuracy: value }) => value >= (job.failUnder ?? 0)) &&
      (corruptions === undefined || 1 - corruptions.meanError >= (job.failUnder ?? 0)),
    stageSeconds: outcome.stages.map(({ seconds }) => seconds),
  };
}

function radiusOf(
  name: string,
  plan: WorkPlan,
  outcome: AuditOutcome,
  { epsilon, robust, eightBit, gradients }: EpsilonTally,
  index: number,
  classes: readonly string[],
  logitOf: readonly number[],
): AuditRadius {
  const { clean, samples } = outcome;
  const stages = outcome.stages.filter((stage) => stage.epsilon === epsilon);
  // One attack has its constants here, several have them each in its stage.
  const constants = stages.length === 1 ? stages[0]!.options : {};
  const [common] = radiusResults(name, { clean, results: [{ epsilon, robust, gradients, options: { ...constants, epsilon, norm: plan.norm } }] });
  return {
    ...common!,
    stages: stages.map(({ attack, options, attacked, broken, survivors, gradients: each, queries, refuted }) => ({
      attack,
      options: { ...options },
      attacked,
      broken,
      survivors,
      gradients: each,
      queries,
      unverified: refuted,
    })),
    eightBit,
    displacement: plan.feeds.kind === 'chunk' ? displacementOf(samples.map(({ at }) => at[index]!.lossAfter)) : null,
    classes: classes.map((label, i) => {
      const own = samples.filter((sample) => sample.label === logitOf[i]);
      return {
        name: label,
        images: own.length,
        cleanCorrect: own.filter((sample) => sample.cleanPrediction === sample.label).length,
        robustCorrect: own.filter(({ at }) => !at[index]!.broken).length,
      };
    }),
  };
}

/** From the losses log(1 + exp(ratio - 1)) back to the ratios, and their quantiles. */
function displacementOf(losses: readonly number[]): AuditRadius['displacement'] {
  const ratios = losses.map((loss) => 1 + (loss > 30 ? loss : Math.log(Math.expm1(loss)))).sort((a, b) => a - b);
  if (ratios.length === 0) return null;
  const quantile = (share: number) => Math.max(ratios[Math.min(ratios.length - 1, Math.floor(share * ratios.length))]!, 0);
  return { median: quantile(0.5), ninth: quantile(0.9), largest: quantile(1) };
}
