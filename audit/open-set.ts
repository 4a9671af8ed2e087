/** @file Opens the images of an audit. */
import type { ImageSet } from '@robenc/shared/data/image-set.js';
import { openImageSet } from '@robenc/shared/data/open.js';
import { RobencError } from '@robenc/shared/errors.js';
import type { AuditJob } from './job.js';
import type { AuditPlan } from './plan.js';

/** Throws `usage` where the images have not the size of the model, naming --resize. */
export async function openAuditSet(job: AuditJob, plan: AuditPlan, limit: number | undefined, split: 'train' | 'test'): Promise<ImageSet> {
  const { data, holdOut, seed } = job;
  return openImageSet({ ...data, split, holdOut, limit, seed, size: plan.size, warn: job.tell }).catch((cause: unknown) => {
    // The remedy is a flag, so it is a matter of usage here.
    if (cause instanceof RobencError && cause.code === 'mismatch' && cause.field === 'resize')
      throw new RobencError('usage', cause.message, { cause, field: 'resize' });
    throw cause;
  });
}
