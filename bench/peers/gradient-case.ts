/** @file One model of a peer with the input gradient that the peer computed, and how far robenc's is from it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { differentiate } from '@robenc/shared/autodiff/differentiate.js';
import { writeFileAtomic } from '@robenc/shared/files.js';
import { fromOnnx } from '@robenc/shared/graph/from-onnx.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { numberToHalf } from '@robenc/shared/math/float16.js';
import { floats, integers, numbersOf } from '@robenc/shared/graph/value.js';
import { openSession } from '@robenc/shared/runtime/session.js';

/** What a Python script of this folder writes to case.json. */
export interface GradientCase {
  readonly folder: string;
  readonly model: string;
  readonly family: string;
  readonly exporter: string;
  readonly shape: readonly number[];
  readonly labels: readonly number[];
  /** Relative L2 error of the peer's own float32 gradient against its float64 one. */
  readonly torchError: number;
  readonly gradientNorm: number;
  /** What is asked of float16 and quantised models. */
  readonly limit?: number;
  /** Why the exporter does not export the model. */
  readonly refused?: string;
  /** Why there is no reference. */
  readonly failed?: string;
}

export interface Compared {
  /** Relative L2 distances to the peer's float64 values. */
  readonly gradient: number;
  readonly logits: number;
  /** Nodes of the model as read, and of its gradient graph. */
  readonly modelNodes: number;
  readonly gradientNodes: number;
  readonly seconds: number;
}

/** What is asked of the gradient: the framework's own error, with room for another order of sums; less room where both round to float16. */
export function limitOf({ torchError, limit, exporter }: GradientCase): number {
  if (exporter === 'half') return Math.max(limit!, 1.5 * torchError);
  return limit ?? Math.max(1e-4, 5 * torchError);
}

/** Differentiates the model of a case by robenc and runs the gradient on the image of the case. */
export async function compare({ folder, shape, labels }: GradientCase): Promise<Compared> {
  const started = performance.now();
  const model = fromOnnx(join(folder, 'model.onnx'));
  const input = model.inputs[0]!.name;
  const output = model.outputs[0]!.name;
  const { graph } = differentiate(model, { wrt: input, loss: 'cross-entropy', output });
  const session = await openSession(toOnnx(graph));
  try {
    const pixels = floats(new Float32Array(arrayIn(join(folder, 'image.f32'))), shape);
    const image =
      model.inputs[0]!.type.dtype === 'float16'
        ? { dtype: 'float16' as const, shape, data: Uint16Array.from(pixels.data as Float32Array, numberToHalf) }
        : pixels;
    const answer = await session.run({ [input]: image, label: integers(labels) });
    return {
      gradient: relative(numbersOf(answer['gradient']!), new Float64Array(arrayIn(join(folder, 'gradient.f64')))),
      logits: relative(numbersOf(answer[output]!), new Float64Array(arrayIn(join(folder, 'logits.f64')))),
      modelNodes: model.nodes.length,
      gradientNodes: graph.nodes.length,
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    await session.close();
  }
}

/** Writes the gradient graph of a case. */
export function writeGradient({ folder }: GradientCase, path: string): void {
  const model = fromOnnx(join(folder, 'model.onnx'));
  writeFileAtomic(path, toOnnx(differentiate(model, { wrt: model.inputs[0]!.name, loss: 'cross-entropy', output: model.outputs[0]!.name }).graph));
}

function arrayIn(path: string): ArrayBuffer {
  return new Uint8Array(readFileSync(path)).buffer;
}

/** Relative L2 distance. */
function relative(got: readonly number[], wanted: Float64Array): number {
  let [distance, size] = [0, 0];
  for (const [i, value] of wanted.entries()) {
    distance += (got[i]! - value) ** 2;
    size += value ** 2;
  }
  return got.length === wanted.length ? Math.sqrt(distance / size) : NaN;
}
