/** @file Runs an audit: from a model, a data set and flags to a report. */
import type { AttackOptions } from '@robenc/shared/attacks/attack.js';
import { gather } from '@robenc/shared/attacks/batch.js';
import { attacks } from '@robenc/shared/attacks/index.js';
import type { AuditFlag, AuditReport } from '@robenc/shared/config/audit.js';
import type { ImageSet } from '@robenc/shared/data/image-set.js';
import { openImageSet } from '@robenc/shared/data/open.js';
import { RobencError } from '@robenc/shared/errors.js';
import { attackOptions } from '@robenc/shared/evaluation/attack-options.js';
import { batchSizeFor, pixelBatches } from '@robenc/shared/evaluation/pixels.js';
import { openOracle, type OpenOracle } from '@robenc/shared/evaluation/oracle.js';
import { robustAccuracy, type RobustAccuracy } from '@robenc/shared/evaluation/robust-accuracy.js';
import type { DeviceRequest } from '@robenc/shared/runtime/types.js';
import type { Progress } from '@robenc/shared/config/progress.js';
import { mapClasses } from './class-map.js';
import type { AuditSettings } from './flag-values.js';
import type { Evidence } from './flags/flag.js';
import { sanityChecks } from './flags/index.js';
import { planAudit, type AuditPlan } from './plan.js';
import { modelInput, wrapModel } from './preprocessing.js';
import { reportOf } from './report/report.js';
import { openTarget } from './target.js';

export interface AuditJob extends AuditSettings {
  readonly model: string;
  readonly data: { readonly name: string; readonly path?: string };
  readonly split: 'train' | 'test';
  readonly epsilons: readonly string[];
  readonly attack: string;
  /** Options of the attack besides the radius and the norm; undefined ones have their defaults. */
  readonly attackOptions: Readonly<Record<string, unknown>>;
  readonly output: string | undefined;
  readonly failUnder: number | null;
  readonly batchSize: number | undefined;
  readonly workers: number;
  readonly device: DeviceRequest;
  readonly signal: AbortSignal;
  readonly progress: (report: Progress) => void;
  /** Hears the assumptions before the attack starts, and warnings. */
  readonly tell: (line: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Images whose logits the sanity checks see. */
const PROBE = 64;

/** The report and the record of every image. Throws `RobencError`s that name the flag to change. */
export async function runAudit(job: AuditJob): Promise<{ report: AuditReport; outcome: RobustAccuracy; set: ImageSet }> {
  const started = job.now();
  const options = attackOptions(job);
  const target = await openTarget(job.model);
  const input = modelInput(target.graph, job.layout ?? 'nchw');
  const plan = planAudit(job, target.manifest, input);
  const set = await openLabelledSet(job, plan);
  const wrapped = wrapModel(target.graph, input, set, plan.preprocessing, job.output);
  const logitOf = mapClasses(set.classes, plan.classNames, wrapped.classes);
  for (const { name, value, source, flag } of plan.assumptions)
    job.tell(`${source === 'default' ? 'Assumed' : 'Taken'} ${name}: ${value} (${source}${flag === null ? '' : `, change with ${flag}`})`);
  const oracle = await openOracle(wrapped.graph, { workers: job.workers, device: job.device });
  try {
    if (oracle.notice !== null) job.tell(oracle.notice);
    const outcome = await attackAll(job, options, set, logitOf, oracle);
    const probe = pixelBatches(set)(Array.from({ length: Math.min(PROBE, set.count) }, (_, i) => i));
    const logits = await oracle.forward(gather(probe, [...Array(probe.count).keys()]));
    const evidence: Evidence = {
      graph: wrapped.graph,
      classes: wrapped.classes,
      softmaxRemoved: wrapped.softmaxRemoved,
      softmaxOutput: wrapped.output,
      dataClasses: set.classes.length,
      classesNamed: plan.classNames !== null,
      logits,
      options,
      outcome,
    };
    const flags = sanityChecks.entries.flatMap(({ code, look }): AuditFlag[] => {
      const seen = look(evidence);
      return seen === null ? [] : [{ code, ...seen }];
    });
    const report = reportOf({ job, target, input, plan, set, wrapped, logitOf, device: oracle.device, outcome, flags, started, ended: job.now() });
    return { report, outcome, set };
  } finally {
    await oracle.close();
  }
}

async function openLabelledSet(job: AuditJob, plan: AuditPlan): Promise<ImageSet & { labels: Int32Array }> {
  const { data, split, limit, seed } = job;
  const set = await openImageSet({ ...data, split, limit, seed, size: plan.size, warn: job.tell }).catch((cause: unknown) => {
    // The remedy is a flag, so it is a matter of usage here.
    if (cause instanceof RobencError && cause.code === 'mismatch' && cause.field === 'resize')
      throw new RobencError('usage', cause.message, { cause, field: 'resize' });
    throw cause;
  });
  if (set.labels === null)
    throw new RobencError(
      'usage',
      `${data.path ?? data.name} has no class folders, and an audit needs labels. Sort the images into one folder per class, or give another folder with --data.`,
      { field: 'data' },
    );
  return { ...set, labels: set.labels };
}

function attackAll(
  job: AuditJob,
  options: readonly AttackOptions[],
  set: ImageSet & { labels: Int32Array },
  logitOf: readonly number[],
  oracle: OpenOracle,
): Promise<RobustAccuracy> {
  return robustAccuracy({
    oracle,
    labels: set.labels.map((label) => logitOf[label]!),
    images: pixelBatches(set),
    attack: attacks.get(job.attack),
    options,
    seed: job.seed,
    batchSize: job.batchSize ?? batchSizeFor(set, job.workers),
    parallel: oracle.workers,
    signal: job.signal,
    progress: (report) => job.progress({ label: `audit ${job.attack}`, ...report }),
  });
}
