/** @file A model of TensorFlow.js, run eagerly on the plain JavaScript backend and as its graph in ONNX Runtime. */
import * as tf from '@tensorflow/tfjs';
import type { TfjsModel } from '@robenc/export/tfjs/load.js';
import { traceTfjsModel, type ImageSize } from '@robenc/export/tfjs/trace-model.js';
import { compareOutputs, type ParityRecord } from '@robenc/export/verify.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { Random } from '@robenc/shared/math/random.js';
import { openSession } from '@robenc/shared/runtime/session.js';

/** Weights as a trained network might have them: variances positive, the rest around what the initialisers give. */
export function randomiseWeights(model: tf.LayersModel, seed: number): void {
  const random = new Random(seed, 'weights');
  tf.tidy(() =>
    model.setWeights(
      model.weights.map(({ shape, originalName }) => {
        const size = (shape as number[]).reduce((product, dim) => product * dim, 1);
        const receptive = Math.max(1, size / ((shape.at(-1) as number) || 1));
        const scale = shape.length > 1 ? Math.sqrt(2 / receptive) : 0.1;
        const variance = /variance|gamma/.test(originalName);
        return tf.tensor(
          Float32Array.from({ length: size }, () => (variance ? 0.5 + random.next() : scale * random.normal())),
          shape as number[],
        );
      }),
    ),
  );
}

/** The worst difference over the batch sizes, for random inputs. */
export async function parity(
  opened: TfjsModel,
  { batches = [1, 3], seed = 1, size }: { batches?: readonly number[]; seed?: number; size?: ImageSize } = {},
): Promise<ParityRecord & { nodes: number }> {
  const { graph, fn, inputs } = traceTfjsModel(opened, { size, nchw: false });
  const session = await openSession(toOnnx(graph));
  try {
    const feeds = batches.map((batch) =>
      Object.fromEntries(
        inputs.map(({ name, shape }) => {
          const sizes = shape.map((dim, axis) => (typeof dim === 'number' ? dim : (axis + 1) * Number(dim.split('*')[0])));
          const full = graph.inputs[0]!.type.shape[0] === 'batch' ? [batch, ...sizes.slice(1)] : sizes;
          const random = new Random(seed, name, batch);
          return [
            name,
            { dtype: 'float32' as const, shape: full, data: Float32Array.from({ length: full.reduce((a, b) => a * b, 1) }, () => random.uniform(-1, 1)) },
          ];
        }),
      ),
    );
    return { ...(await compareOutputs({ graph: graph.name, session, fn, feeds })), nodes: graph.nodes.length };
  } finally {
    await session.close();
  }
}
