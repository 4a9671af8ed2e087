/** @file Sessions: right numbers in every element type, clear answers to wrong feeds and broken files, the same in a thread as without. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DType, TypedArray } from '@robenc/shared/graph/value.js';
import { decodeModel } from '@robenc/shared/proto/decode.js';
import { encodeModel } from '@robenc/shared/proto/encode.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import type { Session, SessionOptions } from '@robenc/shared/runtime/types.js';
import { openWorkerSession } from '@robenc/shared/runtime/worker-session.js';
import { FIXTURE_MODELS, modelFolder } from '../proto/models.js';
import { ARITHMETIC, doubling, FAILS_WHEN_RUN, float32, modelOf, slow, tensor } from './models.js';

function readFloats(path: string): Float32Array {
  return new Float32Array(new Uint8Array(readFileSync(path)).buffer);
}

const DOUBLED: readonly { readonly dtype: DType; readonly x: TypedArray; readonly y: TypedArray }[] = [
  { dtype: 'float32', x: Float32Array.of(1.5, -2), y: Float32Array.of(3, -4) },
  { dtype: 'float64', x: Float64Array.of(Math.PI), y: Float64Array.of(2 * Math.PI) },
  { dtype: 'float16', x: Uint16Array.of(0x3c00, 0xc000), y: Uint16Array.of(0x4000, 0xc400) },
  { dtype: 'int32', x: Int32Array.of(-3, 2 ** 30 - 1), y: Int32Array.of(-6, 2 ** 31 - 2) },
  { dtype: 'int64', x: BigInt64Array.of(2n ** 60n, -1n), y: BigInt64Array.of(2n ** 61n, -2n) },
  { dtype: 'int8', x: Int8Array.of(-5, 63), y: Int8Array.of(-10, 126) },
  { dtype: 'uint8', x: Uint8Array.of(5, 127), y: Uint8Array.of(10, 254) },
  { dtype: 'bool', x: Uint8Array.of(0, 1, 1), y: Uint8Array.of(0, 1, 1) },
];

for (const [where, open] of [
  ['on this thread', openSession],
  ['in a worker thread', openWorkerSession],
] as const)
  describe(`a session ${where}`, () => {
    async function using(model: Uint8Array | string, use: (session: Session) => Promise<void>, options?: SessionOptions): Promise<void> {
      const session = await open(model, options);
      try {
        await use(session);
      } finally {
        await session.close();
      }
    }

    for (const { dtype, x, y } of DOUBLED.filter((item) => where === 'on this thread' || item.dtype === 'int64'))
      it(`computes with ${dtype}`, () =>
        using(doubling(dtype), async (session) => {
          assert.deepEqual(session.inputs, [{ name: 'x', dtype, shape: ['n'] }]);
          assert.deepEqual(await session.run({ x: tensor(dtype, [x.length], x) }), { y: tensor(dtype, [y.length], y) });
        }));

    it('leaves its feeds as they are, also views into larger buffers and shared memory', () =>
      using(doubling('float32'), async (session) => {
        const whole = Float32Array.of(9, 1, 2, 9);
        assert.deepEqual((await session.run({ x: tensor('float32', [2], whole.subarray(1, 3)) }))['y'], float32([2], 2, 4));
        assert.deepEqual(whole, Float32Array.of(9, 1, 2, 9));
        const shared = new Float32Array(new SharedArrayBuffer(8)).fill(4);
        assert.deepEqual((await session.run({ x: tensor('float32', [2], shared) }))['y'], float32([2], 8, 8));
        const buffer = Buffer.from([1, 2, 3]);
        await using(doubling('uint8'), async (bytes) => {
          assert.deepEqual((await bytes.run({ x: tensor('uint8', [3], buffer) }))['y']!.data, Uint8Array.of(2, 4, 6));
          assert.deepEqual([...buffer], [1, 2, 3]);
        });
      }));

    it('gives outputs that the next run does not overwrite', () =>
      using(doubling('float32'), async (session) => {
        const first = await session.run({ x: float32([1], 1) });
        await session.run({ x: float32([1], 50) });
        assert.deepEqual(first['y'], float32([1], 2));
      }));

    it('computes only the outputs that are asked for', () =>
      using(ARITHMETIC, async (session) => {
        const feeds = { a: float32([1, 2], 2, 3), b: float32([1, 2], 10, 20) };
        assert.deepEqual(await session.run(feeds, ['product']), { product: float32([1, 2], 20, 60) });
        assert.deepEqual(await session.run(feeds), { sum: float32([1, 2], 12, 23), product: float32([1, 2], 20, 60) });
        await assert.rejects(session.run(feeds, ['prod']), { code: 'usage', message: 'The model has no output "prod". There are: sum, product.' });
        await assert.rejects(session.run(feeds, []), { code: 'usage', message: /No output of The model is asked for/ });
      }));

    it('answers wrong feeds with the input, what it takes and what came', () =>
      using(ARITHMETIC, async (session) => {
        const a = float32([3, 2], 1, 2, 3, 4, 5, 6);
        const cases = [
          [{ a }, 'b: missing; The model expects float32 [n,2].'],
          [{ a, b: a, c: a }, 'The model has no input "c". There are: a, b.'],
          [{ a, b: float32([2, 3], 1, 2, 3, 4, 5, 6) }, 'b: expected float32 [n,2], got [2,3].'],
          [{ a, b: float32([6], 1, 2, 3, 4, 5, 6) }, 'b: expected float32 [n,2], got [6].'],
          [{ a, b: tensor('float64', [3, 2], new Float64Array(6)) }, 'b: expected float32 [n,2], got float64 [3,2].'],
          [{ a, b: float32([1, 2], 1, 2) }, 'b: n is 1 here and 3 in "a"; they must be equal.'],
          [{ a, b: float32([3, 2], 1, 2) }, 'b: float32 [3,2] needs a Float32Array of 6 elements, got a Float32Array of 2.'],
          [{ a, b: tensor('float32', [3, 2], new Float64Array(6)) }, 'b: float32 [3,2] needs a Float32Array of 6 elements, got a Float64Array of 6.'],
        ] as const;
        for (const [feeds, message] of cases) await assert.rejects(session.run(feeds), { name: 'RobencError', code: 'bad-input', message });
      }));

    it('explains a run that fails although the feeds fit, and runs again', () =>
      using(FAILS_WHEN_RUN, async (session) => {
        await assert.rejects(session.run({ x: float32([3], 1, 2, 3) }), {
          name: 'RobencError',
          code: 'bad-input',
          message: /^The model cannot run on these inputs, although they fit .*Reshape/,
        });
        assert.deepEqual(await session.run({ x: float32([4], 1, 2, 3, 4) }), { y: float32([2, 2], 1, 2, 3, 4) });
      }));

    it('takes calls while one runs, and finishes them in order before it closes', async () => {
      const session = await open(slow(3));
      const done: number[] = [];
      const runs = [1, 2, 3].map((value) =>
        session.run({ x: float32([1, 1], value) }).then((results) => {
          done.push(value);
          return results['y']!.data[0];
        }),
      );
      await session.close();
      assert.deepEqual(done, [1, 2, 3]);
      assert.deepEqual(await Promise.all(runs), [1, 16, 81]);
    });

    it('refuses to run once closed, and may be closed twice', async () => {
      const session = await open(doubling('float32'));
      await Promise.all([session.close(), session.close()]);
      await session.close();
      await assert.rejects(session.run({ x: float32([1], 1) }), { code: 'cancelled', message: 'The model is closed; open it again to run it.' });
    });

    it('tells the device that it uses, and why it is not the one asked for', async () => {
      await using(doubling('float32'), async (session) => assert.deepEqual([session.device, session.notice], ['cpu', null]));
      let session;
      try {
        session = await open(doubling('float32'), { device: 'cuda', strict: true });
      } catch (error) {
        assert.match(String(error), /RobencError: The device cuda does not work here: .*It needs Linux x64, an NVIDIA GPU/);
        session = await open(doubling('float32'), { device: 'cuda' });
        assert.equal(session.device, 'cpu');
        assert.match(session.notice!, /^The device cuda does not work here: .* Using the CPU instead\.$/);
      }
      assert.deepEqual(await session.run({ x: float32([1], 21) }), { y: float32([1], 42) });
      await session.close();
      await using(doubling('float32'), async (auto) => assert.equal(auto.notice, null), { device: 'auto' });
    });
  });

describe('opening a session', () => {
  it('refuses files that are missing, no file, empty, cut in half or something else, by name', async function () {
    const folder = mkdtempSync(join(tmpdir(), 'robenc-session-'));
    try {
      const bytes = readFileSync(join(modelFolder(this, 'small_resnet'), 'model.onnx'));
      const files = {
        'empty.onnx': new Uint8Array(0),
        'half.onnx': bytes.subarray(0, bytes.length / 2),
        'text.onnx': Buffer.from('hello'),
      };
      for (const [name, content] of Object.entries(files)) {
        const path = join(folder, name);
        writeFileSync(path, content);
        await assert.rejects(openSession(path), (error: Error & { code: string; field: string }) => {
          assert.equal(error.code, 'bad-file');
          assert.equal(error.field, path);
          return error.message.startsWith(`${path} `);
        });
      }
      await assert.rejects(openSession(bytes.subarray(0, 1000)), { code: 'bad-file', message: /^The model is not a readable ONNX model; it may be cut off/ });
      await assert.rejects(openSession(folder), { code: 'bad-file', message: /is not a file/ });
      await assert.rejects(openSession(join(folder, 'none.onnx')), { code: 'not-found', message: /^There is no model file .*none\.onnx/ });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('says what it cannot run: operators, versions, element types', async () => {
    const model = decodeModel(doubling('float32'));
    const { graph } = model;
    const unknownOperator = { ...model, graph: { ...graph!, node: [{ ...graph!.node[0]!, opType: 'NoSuchOperator' }] } };
    await assert.rejects(openSession(encodeModel(unknownOperator)), { code: 'unsupported', message: /operator.*NoSuchOperator/ });
    await assert.rejects(openSession(encodeModel({ ...model, irVersion: 1000 })), { code: 'unsupported', message: /version of ONNX/ });
    await assert.rejects(openSession(encodeModel({ ...model, opsetImport: [{ domain: '', version: 1000 }] })), {
      code: 'unsupported',
      message: /version of ONNX/,
    });
    const texts = modelOf({
      inputs: [{ name: 'x', dtype: 8, shape: ['n'] }],
      outputs: [{ name: 'y', dtype: 8, shape: ['n'] }],
      nodes: [{ opType: 'Identity', input: ['x'], output: ['y'] }],
    });
    await assert.rejects(openSession(texts), { code: 'unsupported', message: /^The model: "x" is string\. Inputs and outputs may be tensors of float32, / });
  });
});

describe('sessions on the fixture models', () => {
  for (const name of FIXTURE_MODELS)
    it(`${name}, written by this codec, gives the stored logits`, async function () {
      const folder = modelFolder(this, name);
      const description = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as { inputShape: number[]; logitsShape: number[] };
      const session = await openSession(encodeModel(decodeModel(readFileSync(join(folder, 'model.onnx')))), { threads: 1 });
      const { logits } = await session.run({ image: tensor('float32', description.inputShape, readFloats(join(folder, 'input.f32'))) });
      await session.close();
      const want = readFloats(join(folder, 'logits.f32'));
      assert.deepEqual(logits!.shape, description.logitsShape);
      const norm = (values: readonly number[]): number => Math.hypot(...values);
      const error = norm(Array.from(want, (value, index) => value - Number(logits!.data[index]))) / norm([...want]);
      assert(error < 3e-5, `relative error ${error}`);
    });
});

describe('a session in a worker thread', () => {
  it('gives the errors of opening as they are', async () => {
    await assert.rejects(openWorkerSession('/nowhere/model.onnx'), { name: 'RobencError', code: 'not-found', field: '/nowhere/model.onnx' });
  });

  it('takes feeds that are given away, tells when their memory is free again, and copies all others', async () => {
    const session = await openWorkerSession(doubling('float32'), { threads: 1 });
    const [given, kept, memory] = [new Float32Array(new ArrayBuffer(64), 4, 2), Float32Array.of(3, 4), Float32Array.of(0, 5, 6)];
    given.set([1, 2]);
    const back: ArrayBuffer[] = [];
    const run = async (data: Float32Array, options = {}) => [
      ...((await session.run({ x: tensor('float32', [2], data) }, undefined, options))['y']!.data as Float32Array),
    ];
    assert.deepEqual(await run(given, { reclaim: (one: ArrayBuffer) => back.push(one) }), [2, 4]);
    assert.deepEqual(await run(kept), [6, 8]);
    assert.deepEqual(await run(memory.subarray(1)), [10, 12]);
    await session.close();
    assert.deepEqual([given.length, [...kept], [...memory]], [0, [3, 4], [0, 5, 6]]);
    assert.deepEqual([back.length, [...new Float32Array(back[0]!, 0, 3)]], [1, [0, 1, 2]]);
  });

  it('leaves the event loop free while it runs', async function () {
    const session = await openWorkerSession(slow(60), { threads: 1 });
    const n = 256;
    const run = session.run({ x: tensor('float32', [n, n], new Float32Array(n * n).fill(1 / n)) });
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const { y } = await run;
    clearInterval(timer);
    await session.close();
    assert(Math.abs(Number(y!.data[0]) - 1 / n) < 1e-6);
    assert(ticks >= 3, `${ticks} ticks of a timer while it ran`);
  });
});
