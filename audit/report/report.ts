/** @file Puts together what an audit found, in the form of its schema. */
import { AUDIT_SCHEMA_VERSION, type AuditFlag, type AuditReport } from '@robenc/shared/config/audit.js';
import { classCounts, type ImageSet } from '@robenc/shared/data/image-set.js';
import { radiusResults } from '@robenc/shared/evaluation/radius-results.js';
import type { RobustAccuracy } from '@robenc/shared/evaluation/robust-accuracy.js';
import type { AuditPlan } from '../plan.js';
import type { ModelInput, Wrapped } from '../preprocessing.js';
import type { AuditJob } from '../runner.js';
import type { Target } from '../target.js';

const THREAT_TEXT =
  'white-box, one perturbation per image, on the pixels (0 to 1) that go into the model after resizing; gradients pass through preprocessing and model';

/** What a finished audit knows. */
export interface Finished {
  readonly job: AuditJob;
  readonly target: Target;
  readonly input: ModelInput;
  readonly plan: AuditPlan;
  readonly set: ImageSet;
  readonly wrapped: Wrapped;
  readonly logitOf: readonly number[];
  readonly device: string;
  readonly outcome: RobustAccuracy;
  readonly flags: readonly AuditFlag[];
  /** Milliseconds since 1970. */
  readonly started: number;
  readonly ended: number;
}

export function reportOf(finished: Finished): AuditReport {
  const { job, target, input, plan, set, wrapped, logitOf, device, outcome, flags, started, ended } = finished;
  const counts = classCounts(set);
  const { manifest } = target;
  const reliable = flags.every(({ severity }) => severity !== 'critical');
  const results = radiusResults(job.attack, outcome);
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
      output: wrapped.output,
      classes: wrapped.classes,
    },
    data: {
      path: job.data.path ?? job.data.name,
      format: set.name,
      split: job.split,
      images: set.count,
      height: set.height,
      width: set.width,
      classes: set.classes.map((name, i) => ({ name, logit: logitOf[i]!, images: counts[i]! })),
    },
    threatModel: { name: 'image', text: THREAT_TEXT },
    assumptions: [...plan.assumptions],
    seed: job.seed,
    device,
    results,
    flags: [...flags],
    reliable,
    failUnder: job.failUnder,
    passed: reliable && results.every(({ robustAccuracy: value }) => value >= (job.failUnder ?? 0)),
  };
}
