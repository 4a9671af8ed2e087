/** @file Opens an audit of a model that another server holds. */
import { RobencError } from '@robenc/shared/errors.js';
import { mapClasses } from '@robenc/shared/evaluation/class-map.js';
import { imageId, pixelBatches } from '@robenc/shared/evaluation/pixels.js';
import { Random } from '@robenc/shared/math/random.js';
import type { AuditJob } from '../job.js';
import { openAuditSet } from '../open-set.js';
import { planAudit } from '../plan.js';
import type { Prepared } from '../prepare.js';
import { logitLabels } from '../threats/image.js';
import { openRemote } from './model.js';

const TEXT =
  'black-box, one perturbation per image, on the pixels (0 to 1) of the size that the model takes; the attacker sees the scores that the server gives, and nothing else';

/** Flags that say how a model's input is made, which is the server's own business here. */
const OWN_BUSINESS = ['mean', 'std', 'range', 'layout', 'output'] as const;

/** Throws `RobencError`s that name the flag to change. */
export async function prepareRemote(job: AuditJob): Promise<Prepared> {
  refuseFlags(job);
  const { signal, tell, now, seed } = job;
  const remote = await openRemote(job.model, { key: job.apiKey ?? null, random: new Random(seed, 'retries'), now, signal, tell });
  const { height, width } = remote.input;
  const text = `float32 [n,3,${height},${width}] over HTTP`;
  const served = { classes: [...remote.classes], input: remote.input };
  const plan = planAudit(job, served, { name: 'image', text, batch: 'batch', channels: 3, size: { height, width } });
  const set = await openAuditSet(job, plan, job.limit, job.split);
  const logitOf = mapClasses(set.classes, plan.classNames, remote.classes.length);
  const labels = logitLabels(set, logitOf);
  const pixels = pixelBatches(set);
  return {
    target: { path: remote.address, sha256: remote.sha256, manifest: null },
    input: { text },
    plan,
    set,
    threat: { name: 'remote', text: TEXT },
    setup: {
      classifier: remote,
      classes: remote.classes.length,
      output: `logits of ${remote.id}`,
      softmaxRemoved: false,
      feeds: { kind: 'none' },
      labels,
      idOf: (index) => imageId(set, index),
      chunk: (indices) => ({ x: pixels(indices), labels: Int32Array.from(indices, (index) => labels[index]!), feeds: {} }),
      logitOf,
      classesNamed: true,
    },
  };
}

function refuseFlags(job: AuditJob): void {
  const given = OWN_BUSINESS.find((name) => job[name] !== undefined && job[name].length > 0);
  if (given !== undefined)
    throw new RobencError('usage', `--${given} says how the input of a model is made, and a server does that itself. Leave it out.`, { field: given });
  if (job.threat !== undefined && job.threat !== 'image')
    throw new RobencError('usage', `--threat ${job.threat} needs the model itself; of a server only whole images are attacked. Leave it out.`, {
      field: 'threat',
    });
}
