/** @file A label-free attack on an encoder: the PGD of audits, on the classifier that tells how far an embedding turned from that of the clean image. */
import type { Batch, ImageId } from '@robenc/shared/attacks/attack.js';
import { pgd } from '@robenc/shared/attacks/pgd.js';
import { encoderShape } from '@robenc/shared/evaluation/classifier-graph.js';
import { displacementGraph } from '@robenc/shared/evaluation/displacement-graph.js';
import { openOracle } from '@robenc/shared/evaluation/oracle.js';
import { floats, type Graph } from '@robenc/shared/graph/value.js';
import type { DeviceName } from '@robenc/shared/runtime/types.js';

/** A step goes this far, in shares of epsilon / steps: from any start every point of the ball can be reached (Madry et al., arXiv 1706.06083). */
const STRIDE = 2.5;

export interface EmbeddingPgd {
  readonly workers: number;
  /**
   * Points near the images of a batch whose embeddings have the smallest cosine with the clean ones that was seen, in the ball and in [0,1]. Throws `cancelled`
   * when the signal fires.
   */
  turnAway(x: Batch, signal?: AbortSignal): Promise<Batch>;
  close(): Promise<void>;
}

/**
 * Opens the attack of so many `steps` within the Linf radius `epsilon`, in pixels of [0,1]. `clean` are the embeddings of the images by their ids. It starts at
 * a random point, which depends on `seed` and the id alone: at the image itself the cosine is 1, and its gradient 0.
 */
export async function openEmbeddingPgd(
  encoder: Graph,
  clean: ReadonlyMap<ImageId, Float32Array>,
  { epsilon, steps, seed, workers, device }: { epsilon: number; steps: number; seed: number; workers: number; device: DeviceName },
): Promise<EmbeddingPgd> {
  const { size } = encoderShape(encoder);
  const feeds = ({ count, ids }: Batch) => {
    const anchor = new Float32Array(count * size);
    ids.forEach((id, row) => anchor.set(clean.get(id)!, row * size));
    return { anchor: floats(anchor, [count, size]), scale: floats(new Float32Array(count).fill(1), [count, 1]) };
  };
  const oracle = await openOracle(displacementGraph(encoder, size, 'cosine'), { workers, device, feeds });
  // Where an embedding is at a right angle to its own the classifier changes its mind; the attack goes on, for it looks for the farthest point.
  const options = pgd.complete({ epsilon, steps, stepSize: (STRIDE * epsilon) / steps, earlyStop: false });
  return {
    workers: oracle.workers,
    async turnAway(x, signal) {
      const outcomes = await pgd.run({ oracle, x, labels: new Int32Array(x.count), options, seed, ...(signal && { signal }) });
      const data = new Float32Array(x.data.length);
      outcomes.forEach(({ adversarial }, row) => data.set(adversarial, row * adversarial.length));
      return { ...x, data };
    },
    close: () => oracle.close(),
  };
}
