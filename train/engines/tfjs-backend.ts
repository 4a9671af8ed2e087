/** @file Which tfjs backend there is: native TensorFlow on a GPU or CPU where installed, plain JavaScript otherwise. */
import * as tf from '@tensorflow/tfjs';
import { messageOf, RobencError } from '@robenc/shared/errors.js';

export interface Backend {
  /** The package that computes, e.g. `tfjs-node-gpu`, or `cpu` for plain JavaScript. */
  readonly device: string;
  readonly notice: string | null;
}

/** The packages that may serve a request, fastest first. They are optional: their installation downloads libtensorflow. */
const CANDIDATES: Readonly<Record<string, readonly string[]>> = {
  auto: ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'],
  cpu: ['@tensorflow/tfjs-node'],
  cuda: ['@tensorflow/tfjs-node-gpu'],
};

/** Makes the best backend for `auto`, `cpu` or `cuda` tfjs's own. Throws `unavailable` for `cuda` without tfjs-node-gpu, and for any other device. */
export async function chooseBackend(device: string): Promise<Backend> {
  const candidates = CANDIDATES[device];
  if (candidates === undefined)
    throw new RobencError('unavailable', `Engine tfjs has no device "${device}". There are: ${Object.keys(CANDIDATES).join(', ')}.`, { field: 'device' });
  // Without this, tfjs advertises its native packages on every first use.
  tf.enableProdMode();
  const faults: string[] = [];
  for (const name of candidates) {
    const fault = await tryPackage(name);
    if (fault === null) return { device: name.replace('@tensorflow/', ''), notice: null };
    faults.push(fault);
  }
  if (device === 'cuda') throw new RobencError('unavailable', `Engine tfjs on cuda: ${faults.join(' ')} Install it, or use engine onnx.`, { field: 'device' });
  await tf.setBackend('cpu');
  return { device: 'cpu', notice: `Engine tfjs computes in plain JavaScript, which is slow. ${faults.join(' ')}` };
}

/** null when the package is loaded and its backend works, else what is wrong. */
async function tryPackage(name: string): Promise<string | null> {
  try {
    await import(name);
    return (await tf.setBackend('tensorflow')) ? null : `${name} did not start.`;
  } catch (error) {
    const missing = (error as { code?: string }).code === 'ERR_MODULE_NOT_FOUND';
    return missing ? `${name} is not installed.` : `${name} did not start: ${messageOf(error)}.`;
  }
}
