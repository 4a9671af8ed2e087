/** @file A label-free attack on an encoder: PGD that turns the embedding of each image away from its own. */
import type { Batch } from '@robenc/shared/attacks/attack.js';
import { imageSize } from '@robenc/shared/attacks/batch.js';
import { norms } from '@robenc/shared/attacks/norms.js';
import { floats } from '@robenc/shared/graph/value.js';
import { Random } from '@robenc/shared/math/random.js';
import type { Session } from '@robenc/shared/runtime/types.js';

export interface EmbeddingPgd {
  /** Linf radius, in pixels of [0,1]. */
  readonly epsilon: number;
  readonly steps: number;
  /** Its starts depend on it and the ids of the images alone. */
  readonly seed: number;
}

/** A step goes this far, in shares of epsilon / steps: from any start every point of the ball can be reached (Madry et al., arXiv 1706.06083). */
const STRIDE = 2.5;

/**
 * Points near the images whose embeddings have a small cosine with the `clean` ones [count,size]. It starts at a random point: at the image itself the
 * cosine is 1, and its gradient 0. `session` is a gradient graph with the loss `cosine-to-target`. Each point lies in the ball and in [0,1].
 */
export async function turnAway(session: Session, x: Batch, clean: Float32Array, { epsilon, steps, seed }: EmbeddingPgd): Promise<Batch> {
  const { linf } = norms;
  const size = imageSize(x);
  const data = Float32Array.from(x.data);
  const [points, centres] = [rowsOf(data, size), rowsOf(x.data, size)];
  points.forEach((point, row) => {
    linf.perturb(point, epsilon, new Random(seed, 'validation', x.ids[row]!));
    linf.project(point, centres[row]!, epsilon);
  });
  const target = floats(clean, [x.count, clean.length / x.count]);
  for (let step = 0; step < steps; step++) {
    const { gradient } = await session.run({ image: floats(data, [x.count, ...x.shape]), target }, ['gradient']);
    rowsOf(gradient!.data as Float32Array, size).forEach((slope, row) => {
      linf.ascend(points[row]!, slope, (STRIDE * epsilon) / steps);
      linf.project(points[row]!, centres[row]!, epsilon);
    });
  }
  return { ...x, data };
}

function rowsOf(data: Float32Array, size: number): Float32Array[] {
  return Array.from({ length: data.length / size }, (_, row) => data.subarray(row * size, (row + 1) * size));
}
