/** @file Registers the tracing backend with tfjs, once a process, with a kernel for every name that tfjs knows. */
import * as tf from '@tensorflow/tfjs';
import { RobencError } from '@robenc/shared/errors.js';
import { TracingBackend } from './backend.js';
import { KernelCall, type Kernel } from './kernel.js';
import { kernels } from './kernels/index.js';

/** The name under which tfjs knows the tracing backend. */
export const BACKEND = 'robenc-trace';

let backend: TracingBackend | null = null;

/** The tracing backend, registered on first use. */
export function tracingBackend(): TracingBackend {
  if (backend) return backend;
  const made = new TracingBackend();
  tf.registerBackend(BACKEND, () => made, 0);
  for (const kernel of kernels.entries)
    tf.registerKernel({ kernelName: kernel.name, backendName: BACKEND, kernelFunc: ({ inputs, attrs }) => run(made, kernel, inputs, attrs ?? {}) });
  // Kernels that other backends have and this one has not: refused by name, with what to do.
  for (const { kernelName } of tf.getKernelsForBackend('cpu')) {
    if (!kernels.has(kernelName)) tf.registerKernel({ kernelName, backendName: BACKEND, kernelFunc: () => refuse(kernelName) });
  }
  backend = made;
  return made;
}

function run(backend: TracingBackend, kernel: Kernel, inputs: tf.NamedTensorInfoMap, attrs: object): tf.TensorInfo | tf.TensorInfo[] {
  const { context } = backend;
  const { name } = kernel;
  const given = Object.entries(inputs).filter((entry): entry is [string, tf.TensorInfo] => entry[1] !== undefined && entry[1] !== null);
  if (backend.areSizes(given.map(([, info]) => info))) return computed(backend, name, Object.fromEntries(given), attrs);
  const step = context.free.step(name, { attrs, shapes: given.map(([, info]) => info.shape) });
  const tensors = Object.fromEntries(given.map(([key, info]) => [key, backend.tracedOf(info)]));
  for (const [i, [key]] of given.entries()) context.check(tensors[key]!, step.shapes[i]!, `Input "${key}" of ${name}`);
  context.kernels.push(name);
  const results = kernel.emit(new KernelCall(context, name, tensors, step.attrs as Record<string, unknown>));
  return 'value' in results ? backend.register(results, name) : results.map((result) => backend.register(result, name));
}

/** The result of a kernel on known sizes, such as a slice of a shape, by the plain JavaScript backend. */
function computed(
  backend: TracingBackend,
  kernelName: string,
  inputs: Readonly<Record<string, tf.TensorInfo>>,
  attrs: object,
): tf.TensorInfo | tf.TensorInfo[] {
  const cpu = tf.engine().findBackend('cpu') as tf.KernelBackend & {
    makeTensorInfo(shape: number[], dtype: tf.DataType, values: tf.BackendValues): tf.TensorInfo;
  };
  const copies = Object.fromEntries(
    Object.entries(inputs).map(([key, { dataId, shape, dtype }]) => [key, cpu.makeTensorInfo(shape, dtype, backend.readSync(dataId))]),
  );
  // Kernels such as Pack take a list.
  const taken = Object.keys(inputs).every((key, i) => key === String(i)) ? (Object.values(copies) as unknown as tf.NamedTensorInfoMap) : copies;
  const results = tf.getKernel(kernelName, 'cpu').kernelFunc({ inputs: taken, attrs: attrs as tf.NamedAttrMap, backend: cpu });
  const list = Array.isArray(results) ? results : [results];
  const answers = list.map(({ dataId, shape, dtype }) => ({ dataId: backend.write(cpu.readSync(dataId), shape, dtype), shape, dtype }));
  for (const { dataId } of [...list, ...Object.values(copies)]) cpu.disposeData(dataId, true);
  return Array.isArray(results) ? answers : answers[0]!;
}

function refuse(name: string): never {
  throw new RobencError(
    'unsupported',
    `The tfjs kernel ${name} cannot be traced. Write the function with other operations; there are: ${[...kernels.names].sort().join(', ')}.`,
  );
}
