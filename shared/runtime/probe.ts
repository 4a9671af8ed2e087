/** @file A program that tries one device, in a process of its own since a broken driver may crash it. Argument: the device. Prints one JSON object. */
import { pathToFileURL } from 'node:url';
import { messageOf } from '../errors.js';
import { encodeModel } from '../proto/encode.js';
import { openSession } from './session.js';
import type { DeviceName } from './types.js';

/** What the program prints: the largest error of the answer, or why there is none. */
export type ProbeResult = { readonly largestError: number; readonly milliseconds: number } | { readonly failure: string };

const INPUT = Float32Array.from({ length: 16 }, (_, index) => index);
/** Sums of 3×3 windows of the numbers 0 to 15 in a 4×4 grid, less 50, negative ones set to 0. */
const ANSWER = [0, 4, 31, 40] as const;

/** y = max(conv(x, ones[3,3]) − 50, 0) */
function probeModel(): Uint8Array {
  const port = (name: string, size: number) => ({
    name,
    type: { tensorType: { elemType: 1, shape: { dim: [1, 1, size, size].map((dimValue) => ({ dimValue })) } } },
  });
  return encodeModel({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      name: 'probe',
      input: [port('x', 4)],
      output: [port('y', 2)],
      initializer: [
        { name: 'ones', dims: [1, 1, 3, 3], dataType: 1, floatData: new Float32Array(9).fill(1) },
        { name: 'bias', dims: [1], dataType: 1, floatData: Float32Array.of(-50) },
      ],
      node: [
        { opType: 'Conv', input: ['x', 'ones', 'bias'], output: ['c'] },
        { opType: 'Relu', input: ['c'], output: ['y'] },
      ],
    },
  });
}

/** Runs the model on the device and compares. */
export async function probe(device: DeviceName): Promise<ProbeResult> {
  try {
    const session = await openSession(probeModel(), { device, strict: true, threads: 1 });
    try {
      const started = performance.now();
      const { y } = await session.run({ x: { dtype: 'float32', shape: [1, 1, 4, 4], data: INPUT } });
      const milliseconds = performance.now() - started;
      return { largestError: Math.max(...ANSWER.map((value, index) => Math.abs(value - Number(y!.data[index])))), milliseconds };
    } finally {
      await session.close();
    }
  } catch (error) {
    return { failure: messageOf(error) };
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(JSON.stringify(await probe(process.argv[2] as DeviceName)));
