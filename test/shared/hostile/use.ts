/** @file Everything that happens to a model of other origin before ONNX Runtime sees it. */
import { differentiateFile } from '@robenc/shared/autodiff/differentiate-file.js';
import { inspectModel } from '@robenc/shared/autodiff/inspect.js';
import { RobencError } from '@robenc/shared/errors.js';
import { fromOnnx } from '@robenc/shared/graph/from-onnx.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';

export interface Outcome {
  /** Code of the refusal of reading and writing the file; null where it was read. */
  readonly code: string | null;
  readonly message: string;
  /** The code of the refusal of differentiating it. */
  readonly gradient: string | null;
  /** Milliseconds of the action that took longest: reading and writing, inspecting, or differentiating and writing. */
  readonly ms: number;
}

/** Reads, inspects, differentiates and writes. Anything thrown that is no RobencError is thrown on. */
export function useEverything(bytes: Uint8Array, folder: string): Outcome {
  let ms = 0;
  const attempt = (action: () => unknown): RobencError | null => {
    const [started, worked] = [performance.now(), process.cpuUsage()];
    try {
      action();
      return null;
    } catch (error) {
      if (error instanceof RobencError) return error;
      throw error;
    } finally {
      const { user, system } = process.cpuUsage(worked);
      // Other programs on the machine take time on the clock, helping threads (compiler, garbage collector) take processor time.
      ms = Math.max(ms, Math.min(performance.now() - started, (user + system) / 1000));
    }
  };
  const read = attempt(() => toOnnx(fromOnnx(bytes, { folder })));
  attempt(() => inspectModel(bytes, { source: 'model', folder }));
  const gradient = attempt(() => toOnnx(differentiateFile(bytes, { wrt: 'image', loss: 'l2-to-target' }, { folder }).graph));
  return { code: read?.code ?? null, message: read?.message ?? '', gradient: gradient?.code ?? null, ms };
}
