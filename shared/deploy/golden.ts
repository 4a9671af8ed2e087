/** @file Makes the golden inputs and outputs of a package by running every staged graph once. */
import { join } from 'node:path';
import type { GraphRole } from '../config/manifest.js';
import { sizeOf, type TensorData } from '../graph/value.js';
import { Random } from '../math/random.js';
import { goldenText } from '../package/golden.js';
import { FILE_NAMES, GRAPH_ROLES } from '../package/layout.js';
import type { Staging } from '../package/stage.js';
import { openSession, runtimeVersion } from '../runtime/session.js';
import type { PortInfo, Session, Tensors } from '../runtime/types.js';

/** Images in each golden input. */
const BATCH = 2;

/** Writes the golden file of the graphs that are staged. */
export async function stageGolden(staging: Staging, roles: readonly GraphRole[], classes: number): Promise<void> {
  const cases = new Map<GraphRole, { inputs: Tensors; outputs: Tensors }>();
  for (const role of GRAPH_ROLES.filter((one) => roles.includes(one))) {
    const session = await openSession(join(staging.folder, FILE_NAMES[role]), { device: 'cpu' });
    try {
      // Several crops are a batch to the encoder already.
      const inputs = feedsFor(session, classes, { batch: session.inputs.some(({ name }) => name === 'crops') ? 1 : BATCH });
      cases.set(role, { inputs, outputs: await session.run(inputs) });
    } finally {
      await session.close();
    }
  }
  staging.put('golden', goldenText(cases, `onnxruntime-node ${runtimeVersion()} on the CPU`));
}

/** Inputs for a graph of a package, by the names that these have: pixels are multiples of 1/255, labels are classes, the rest is normally distributed. */
export function feedsFor(session: Pick<Session, 'inputs'>, classes: number, { batch = BATCH, seed = 0 }: { batch?: number; seed?: number } = {}): Tensors {
  const pixels = (port: PortInfo): TensorData => {
    const shape = port.shape.map((size) => (typeof size === 'number' ? size : batch));
    const random = new Random(seed, 'golden', 'image');
    // Level i of 256 in float32, as a reader of bytes makes it.
    return { dtype: 'float32', shape, data: Float32Array.from({ length: sizeOf(shape) }, () => random.integer(256) / 255) };
  };
  const feed = (port: PortInfo): TensorData => {
    const shape = port.shape.map((size) => (typeof size === 'number' ? size : batch));
    const random = new Random(seed, 'golden', port.name);
    switch (port.name) {
      case 'image':
      case 'start':
      case 'crops':
        return pixels(port);
      case 'label':
        return { dtype: 'int64', shape, data: BigInt64Array.from({ length: sizeOf(shape) }, () => BigInt(random.integer(Math.max(1, classes)))) };
      case 'steps':
        return { dtype: 'int64', shape: [], data: BigInt64Array.of(3n) };
      case 'epsilon':
        return { dtype: 'float32', shape: [], data: Float32Array.of(8 / 255) };
      case 'stepSize':
        return { dtype: 'float32', shape: [], data: Float32Array.of(2 / 255) };
      default:
        return { dtype: 'float32', shape, data: Float32Array.from({ length: sizeOf(shape) }, () => random.normal()) };
    }
  };
  return Object.fromEntries(session.inputs.map((port) => [port.name, feed(port)]));
}
