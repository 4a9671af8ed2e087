/** @file A process that differentiates model.onnx of a folder and runs the gradient: `step` on standard input runs it once and prints seconds and peak memory. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { differentiate } from '@robenc/shared/autodiff/differentiate.js';
import { writeFileAtomic } from '@robenc/shared/files.js';
import { fromOnnx } from '@robenc/shared/graph/from-onnx.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { floats, integers } from '@robenc/shared/graph/value.js';
import { openSession } from '@robenc/shared/runtime/session.js';

const [folder, threads, batch, size] = process.argv.slice(2) as [string, string, string, string];
const path = join(folder, 'gradient.onnx');
write();
const session = await openSession(path, { threads: Number(threads) });
const shape = [Number(batch), 3, Number(size), Number(size)];
const image = floats(new Float32Array(new Uint8Array(readFileSync(join(folder, 'image.f32'))).buffer), shape);
const label = integers(Array.from({ length: Number(batch) }, (_, i) => i % 10));
let gradient: Float32Array | null = null;
console.log(JSON.stringify({ ready: true, peakMegabytes: peakMegabytes() }));
for await (const word of createInterface({ input: process.stdin })) {
  if (word === 'step') {
    const started = performance.now();
    const answer = await session.run({ image, label }, ['loss', 'gradient']);
    const seconds = (performance.now() - started) / 1000;
    gradient = answer['gradient']!.data as Float32Array;
    console.log(JSON.stringify({ seconds, peakMegabytes: peakMegabytes() }));
  } else if (word === 'gradient' && gradient) {
    writeFileAtomic(join(folder, 'gradient-robenc.f32'), Buffer.from(gradient.buffer, gradient.byteOffset, gradient.byteLength));
    console.log('{}');
  } else break;
}
await session.close();

/** In a function of its own, so that the graphs are garbage before the first run. */
function write(): void {
  const { graph } = differentiate(fromOnnx(join(folder, 'model.onnx')), { wrt: 'image', loss: 'cross-entropy', output: 'logits' });
  writeFileAtomic(path, toOnnx(graph));
}

/** VmHWM: the most memory that this process has held so far. */
function peakMegabytes(): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024;
}
