/** @file Labels for comparisons: the class that each image looks least like. */
import type { Session, Tensors } from '@robenc/shared/runtime/types.js';

/**
 * The feeds with every label the least likely class, where the graph takes labels and gives logits. The loss of a class that a network is sure of is close to 0,
 * and its relative error that of the rounding of the logits, however right the graph is.
 */
export async function withUnlikelyLabels(session: Session, feeds: Tensors): Promise<Tensors> {
  const { label } = feeds;
  if (!label || !session.outputs.some(({ name }) => name === 'logits')) return feeds;
  const { logits } = await session.run(feeds, ['logits']);
  const classes = logits!.shape[1]!;
  const scores = logits!.data as Float32Array;
  const least = Array.from({ length: logits!.shape[0]! }, (_, row) => {
    const own = scores.subarray(row * classes, (row + 1) * classes);
    return own.indexOf(Math.min(...own));
  });
  return { ...feeds, label: { ...label, data: BigInt64Array.from(least, BigInt) } };
}
