/** @file Opens what an audit is about: the model, the images, and the classifier that the threat model makes of them. */
import type { ImageSet } from '@robenc/shared/data/image-set.js';
import { RobencError } from '@robenc/shared/errors.js';
import type { AuditJob } from './job.js';
import { openAuditSet } from './open-set.js';
import { planAudit, type AuditPlan } from './plan.js';
import { modelInput, type ModelInput } from '@robenc/shared/evaluation/preprocessing.js';
import { isAddress } from './remote/address.js';
import { prepareRemote } from './remote/prepare.js';
import { openTarget, type Target } from './target.js';
import { threats } from './threats/index.js';
import type { AuditThreat, Setup } from './threats/threat.js';

export interface Prepared {
  readonly target: Pick<Target, 'path' | 'sha256' | 'manifest'>;
  readonly input: Pick<ModelInput, 'text'>;
  readonly plan: AuditPlan;
  readonly set: ImageSet;
  readonly threat: Pick<AuditThreat, 'name' | 'text' | 'random'>;
  readonly setup: Setup;
}

/** Images whose embeddings serve as neighbours or prototypes. */
const BANK = 2000;

/** Throws `RobencError`s that name the flag to change. */
export async function prepareAudit(job: AuditJob): Promise<Prepared> {
  if (isAddress(job.model)) return prepareRemote(job);
  const threat = threats.get(job.threat ?? 'image');
  const target = await openTarget(job.model, threat.model);
  const input = modelInput(target.graph, job.layout ?? 'nchw');
  const plan = planAudit(job, target.manifest, input);
  const set = await openAuditSet(job, plan, job.limit, job.split);
  if (threat.needsLabels && set.labels === null)
    throw new RobencError(
      'usage',
      `${job.data.path ?? job.data.name} has no class folders, and an audit needs labels. Sort the images into one folder per class, or give another folder with --data.`,
      { field: 'data' },
    );
  const { output, seed, workers, device, signal, tell } = job;
  const bank = () => openAuditSet(job, plan, BANK, 'train');
  const setup = await threat.build({ target, input, plan, set, output, seed, workers, device, signal, bank, tell });
  return { target, input, plan, set, threat, setup };
}
