/** @file Embeddings of a data set under attack through an encoder and a head: what robust heads are fitted on. */
import { pgd, type PgdOptions } from '../../attacks/pgd.js';
import type { HeadKind } from '../../config/head.js';
import { RobencError } from '../../errors.js';
import { headGraph, classifierGraph } from '../classifier-graph.js';
import { openEmbedder, type EmbedJob } from '../embed.js';
import type { LinearHead } from '../linear-head.js';
import { openOracle } from '../oracle.js';
import { batchSizeFor } from '../pixels.js';
import { threatModels } from '../threats.js';

export interface AttackedJob extends EmbedJob {
  /** Every constant of the attack. */
  readonly options: PgdOptions;
  readonly seed: number;
}

/**
 * PGD on every image (for the aggregate head on every crop by itself, as the paper does), then the embeddings of what it found: of each image the
 * misclassified point with the largest loss, else the one with the largest loss. [set.count, size], in the order of the set.
 */
export async function attackedEmbeddings(job: AttackedJob, head: LinearHead): Promise<Float32Array> {
  const { encoder, set, crops, workers, device, signal, seed } = job;
  const kind: HeadKind = crops === null ? 'image' : 'aggregate';
  const several = crops?.count ?? 1;
  const logits = headGraph(head);
  const heads = {
    image: { classifier: classifierGraph(encoder, logits), classes: null },
    aggregate: crops === null ? null : { head: logits, classes: [], crops: { count: several, scheme: crops.scheme } },
  };
  const target = threatModels.get(kind === 'image' ? 'image' : 'aggregate-crops').build({ encoder, heads }, set, crops ?? NO_CROPS);
  const oracle = await openOracle(target.classifier, { workers, ...(device && { device }) });
  const embedder = await openEmbedder(job);
  const result = new Float32Array(set.count * head.size);
  const size = batchSizeFor(set, workers, several);
  const starts = Array.from({ length: Math.ceil(set.count / size) }, (_, i) => i * size);
  let done = 0;
  const workOff = async (): Promise<void> => {
    for (let start = starts.shift(); start !== undefined; start = starts.shift()) {
      if (signal?.aborted) throw new RobencError('cancelled', 'Fitting the linear head was stopped.');
      const indices = Array.from({ length: Math.min(size, set.count - start) }, (_, i) => start + i);
      const x = target.images(indices);
      const labels = Int32Array.from(indices, (index) => set.labels![index]!);
      const outcomes = await pgd.run({ oracle, x, labels, options: job.options, seed, ...(signal && { signal }) });
      const data = new Float32Array(x.data.length);
      outcomes.forEach(({ adversarial }, i) => data.set(adversarial, i * adversarial.length));
      result.set(await embedder.embed({ ...x, data }), start * head.size);
      job.progress?.({ done: (done += indices.length), total: set.count });
    }
  };
  try {
    await Promise.all(Array.from({ length: oracle.workers }, workOff));
  } finally {
    await Promise.all([oracle.close(), embedder.close()]);
  }
  return result;
}

const NO_CROPS = { scheme: 'crops', count: 1, seed: 0, output: { height: 1, width: 1 } } as const;
