/** @file What does it cost to move parameters through a run, and do preallocated outputs make it cheaper? */
import * as ort from 'onnxruntime-node';
import type { TensorData } from '@robenc/shared/graph/value.js';
import { encodeModel } from '@robenc/shared/proto/encode.js';
import type { Session } from '@robenc/shared/runtime/types.js';
import { openWorkerSession } from '@robenc/shared/runtime/worker-session.js';
import { markdownTable, type Bench, type BenchContext } from './bench.js';

const ROUNDS = 40;
const CASES = [
  { megabytes: 1, tensors: 60 },
  { megabytes: 16, tensors: 60 },
  { megabytes: 64, tensors: 60 },
  { megabytes: 64, tensors: 1 },
] as const;

const bench: Bench = {
  name: 'boundary',
  question: 'What does it cost to move parameters through a run, and do preallocated outputs make it cheaper?',
  async run(context) {
    const rows = [];
    for (const entry of CASES) rows.push(await measure(entry, context));
    const head = [
      'parameters',
      'inputs read, nothing returned',
      'fresh outputs',
      'preallocated outputs',
      'cost of returning',
      'in a worker thread',
      'plain copy in JavaScript',
    ];
    return `Every parameter goes in and comes out negated (and, in the first column, is negated but not returned); milliseconds of processor time (all threads of the process), the least of ${ROUNDS} interleaved runs.
"Cost of returning" is fresh outputs less the first column; "plain copy" copies the same bytes between arrays that exist.

${markdownTable(head, rows)}

onnxruntime-node reads inputs where they lie in memory, without a copy. Outputs are copied once, into new ArrayBuffers, also when preallocated ones are given: the run then writes into
the given buffer and copies it into a new one all the same (the result is another array with equal contents). So preallocated outputs save nothing and \`Session.run\` does not take them.
Returning is cheap as long as no tensor is very large: beyond some 32 MB each new buffer is memory that the system has to hand out and clear first, page by page.
A worker thread copies the feeds once more, into new memory; the outputs move to the caller without a copy. So a training loop belongs inside the thread that runs its steps.`;
  },
};
export default bench;

async function measure({ megabytes, tensors }: (typeof CASES)[number], { note }: BenchContext): Promise<string[]> {
  const size = (megabytes * 2 ** 20) / 4 / tensors;
  const length = Math.floor(size);
  const names = Array.from({ length: tensors }, (_, index) => `p${index}`);
  const data = Object.fromEntries(names.map((name) => [name, new Float32Array(length).fill(1)]));
  const feeds = Object.fromEntries(names.map((name) => [name, new ort.Tensor('float32', data[name]!, [length])]));
  const given = Object.fromEntries(names.map((name) => [`${name}_out`, new ort.Tensor('float32', new Float32Array(length), [length])]));
  const target = names.map(() => new Float32Array(length));
  const options: ort.InferenceSession.SessionOptions = { intraOpNumThreads: 1, interOpNumThreads: 1 };
  const returning = await ort.InferenceSession.create(model(names, length, true), options);
  const keeping = await ort.InferenceSession.create(model(names, length, false), options);
  const worker: Session = await openWorkerSession(model(names, length, true), { threads: 1 });
  const tensorsOf: Record<string, TensorData> = Object.fromEntries(names.map((name) => [name, { dtype: 'float32', shape: [length], data: data[name]! }]));
  const variants: readonly (() => Promise<unknown>)[] = [
    () => keeping.run(feeds),
    () => returning.run(feeds),
    () => returning.run(feeds, given),
    () => worker.run(tensorsOf),
    async () => names.forEach((name, index) => target[index]!.set(data[name]!)),
  ];
  const times: number[][] = variants.map(() => []);
  for (let round = -3; round < ROUNDS; round++)
    for (const [index, variant] of variants.entries()) {
      const before = process.cpuUsage();
      await variant();
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) times[index]!.push((user + system) / 1000);
    }
  const check = await returning.run(feeds, given);
  const [output] = Object.keys(given);
  if (check[output!]!.data === given[output!]!.data || given[output!]!.data[0] !== -1)
    throw new Error('Preallocated outputs now behave differently: rewrite this benchmark.');
  await Promise.all([returning.release(), keeping.release(), worker.close()]);
  const [kept, fresh, preallocated, threaded, copied] = times.map((values) => Math.min(...values)) as [number, number, number, number, number];
  note(`${megabytes} MB in ${tensors}: ${fresh.toFixed(2)} ms`);
  return [
    `${megabytes} MB in ${tensors} tensor${tensors === 1 ? '' : 's'}`,
    ...[kept, fresh, preallocated, fresh - kept, threaded, copied].map((time) => time.toFixed(2)),
  ];
}

/** Negates every parameter; returns all of them, or only the first element of each. */
function model(names: readonly string[], length: number, all: boolean): Uint8Array {
  const port = (name: string, size: number) => ({ name, type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: size }] } } } });
  const negated = (name: string): string => (all ? `${name}_out` : `${name}_negated`);
  const vector = (name: string, value: number) => ({ name, dims: [1], dataType: 7, int64Data: BigInt64Array.of(BigInt(value)) });
  return encodeModel({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      name: 'boundary',
      input: names.map((name) => port(name, length)),
      output: names.map((name) => port(`${name}_out`, all ? length : 1)),
      initializer: all ? [] : [vector('zero', 0), vector('one', 1)],
      node: names.flatMap((name) => [
        { opType: 'Neg', input: [name], output: [negated(name)] },
        ...(all ? [] : [{ opType: 'Slice', input: [negated(name), 'zero', 'one'], output: [`${name}_out`] }]),
      ]),
    },
  });
}
