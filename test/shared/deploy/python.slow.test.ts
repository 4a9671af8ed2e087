/** @file Other software on a package: onnx.checker on every file, the snippet of the card in Python's onnxruntime, and onnxruntime-web; equal outputs. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkGolden, goldenCases } from '@robenc/shared/package/golden.js';
import { openPackage, type ModelPackage } from '@robenc/shared/package/open.js';
import type { Session } from '@robenc/shared/runtime/types.js';
import { pythonOf } from '../../../bench/peers/python.js';
import { skip } from '../../skip.js';
import { writeSmallPackage } from './fixture.js';

const run = promisify(execFile);
const CHECK = join(import.meta.dirname, '../../../bench/peers/check_onnx.py');

describe('a package in other runtimes', function () {
  this.timeout(10 * 60_000);
  let models: string;
  let opened: ModelPackage;
  before(async () => {
    models = mkdtempSync(join(tmpdir(), 'robenc-elsewhere-'));
    opened = await openPackage((await writeSmallPackage(models)).folder);
  });
  after(() => rmSync(models, { recursive: true, force: true }));

  it('every graph passes onnx.checker with full shape inference and runs in Python’s onnxruntime', async function () {
    const peer = pythonOf('torch');
    if ('absent' in peer) return skip(this, peer.absent);
    const files = Object.values(opened.manifest.files).flatMap(({ path }) => (path.endsWith('.onnx') ? [join(opened.folder, path)] : []));
    const { stdout } = await run(peer.python, [CHECK, ...files]);
    assert.match(stdout, new RegExp(`${files.length} of ${files.length} files pass`));
  });

  it('the snippet of the card reproduces the golden outputs in Python, and refuses others', async function () {
    const peer = pythonOf('torch');
    if ('absent' in peer) return skip(this, peer.absent);
    const snippet = /```python\n([\s\S]*?)```/.exec(readFileSync(opened.path('card')!, 'utf8'))![1]!;
    writeFileSync(join(opened.folder, 'run.py'), snippet);
    const { stdout } = await run(peer.python, ['run.py'], { cwd: opened.folder });
    assert.match(stdout, /golden outputs reproduced/);
    await assert.rejects(
      run(peer.python, ['-c', snippet.replace('expected = tensor', 'expected = 2 * tensor')], { cwd: opened.folder }),
      /computes something else/,
    );
  });

  it('onnxruntime-web reproduces the golden outputs of every graph', async function () {
    let web: WebRuntime;
    try {
      const optional: string = 'onnxruntime-web';
      web = (await import(optional)) as WebRuntime;
    } catch {
      return skip(this, 'onnxruntime-web is not installed: npm install --no-save onnxruntime-web');
    }
    const cases = goldenCases(opened);
    assert.ok(cases.size >= 5);
    const weights = readFileSync(opened.path('weights')!);
    for (const [role, golden] of cases) {
      const session = await web.InferenceSession.create(readFileSync(opened.path(role)!), {
        executionProviders: ['wasm'],
        externalData: [{ path: 'weights.bin', data: weights }],
      });
      const runner: Pick<Session, 'run'> = {
        async run(feeds, names) {
          const tensors = Object.fromEntries(Object.entries(feeds).map(([name, { dtype, data, shape }]) => [name, new web.Tensor(dtype, data, [...shape])]));
          const found = await session.run(tensors, names);
          return Object.fromEntries(Object.entries(found).map(([name, { dims, data }]) => [name, { dtype: 'float32' as const, shape: dims, data }]));
        },
      };
      await checkGolden(runner, golden, role);
      await session.release();
    }
  });
});

interface WebRuntime {
  readonly Tensor: new (dtype: string, data: unknown, shape: number[]) => unknown;
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: object,
    ): Promise<{ run(feeds: object, names?: readonly string[]): Promise<Record<string, { dims: number[]; data: Float32Array }>>; release(): Promise<void> }>;
  };
}
