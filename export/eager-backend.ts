/** @file The backend of tfjs that graphs are compared with: WebAssembly where it has every kernel, which is ten times as fast as plain JavaScript; else that. */
import * as tf from '@tensorflow/tfjs';
import { messageOf, RobencError } from '@robenc/shared/errors.js';

/** How it says that it lacks a kernel, or one form of it. */
const LACKS = /backend|wasm|not (yet )?(supported|implemented)/i;

/** `auto` is WebAssembly, and plain JavaScript (`cpu`) for functions that it cannot compute; any other is the registered name of a backend. */
export type EagerBackend = 'auto' | (string & {});

/**
 * Runs `work` on a backend, and says on which; the backend of before is back afterwards. Work on `auto` may be done twice.
 *
 * @throws RobencError `unavailable` for an unknown backend.
 */
export async function onBackend<T>(wanted: EagerBackend, work: () => Promise<T>): Promise<{ readonly result: T; readonly backend: string }> {
  const before = tf.getBackend() || 'cpu';
  try {
    if (wanted === 'auto' && (await startWasm())) {
      try {
        return { result: await work(), backend: 'wasm' };
      } catch (cause) {
        if (!LACKS.test(messageOf(cause))) throw cause;
      }
    }
    const backend = wanted === 'auto' ? 'cpu' : wanted;
    if (!tf.findBackendFactory(backend))
      throw new RobencError('unavailable', `tfjs has no backend "${backend}". Load its package first, or compare with cpu.`, { field: 'backend' });
    await tf.setBackend(backend);
    return { result: await work(), backend };
  } finally {
    await tf.setBackend(before);
  }
}

/** Loading the package makes it the preferred backend, so one is chosen first. */
async function startWasm(): Promise<boolean> {
  if (!tf.getBackend()) await tf.setBackend('cpu');
  await import('@tensorflow/tfjs-backend-wasm');
  return tf.setBackend('wasm');
}
