/** @file Runs that are refused after the command has begun: what is told first, and that no folder is left for the next start to stumble over. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadRunConfig } from '@robenc/shared/config/run.js';
import { encodePng } from '@robenc/shared/images/decode.js';
import { losses } from '../../../train/losses/index.js';
import { train } from '../../../train/run/run.js';
import { refusal } from '../../refusal.js';
import { TINY_RUN } from '../tiny-run.js';

describe('a run that is refused', function () {
  this.timeout(120_000);
  let folder: string;
  let out: string;
  beforeEach(() => (out = join((folder = mkdtempSync(join(tmpdir(), 'robenc-refused-'))), 'runs/x')));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const started = (changes: object, options: object = {}) =>
    train(loadRunConfig({ ...TINY_RUN, out, ...changes }), {
      signal: new AbortController().signal,
      clock: () => performance.now() / 1000,
      note: () => undefined,
      report: () => undefined,
      ...options,
    });

  for (const { name } of losses.entries.filter(({ needsLabels }) => needsLabels))
    it(`for images without labels by ${name} is told every loss that needs none, before a step`, async () => {
      const path = join(folder, 'images');
      mkdirSync(path);
      const image = await encodePng({ width: 16, height: 16, data: new Uint8Array(16 * 16 * 3).fill(100) });
      for (let i = 0; i < 8; i++) writeFileSync(join(path, `${i}.png`), image);
      await assert.rejects(
        started({ data: { path, size: 16 }, loss: { name } }),
        refusal('bad-input', new RegExp(`^loss\\.name is "${name}", which needs the class of every image, .* needs no labels: emp-ssl, nt-xent, vicreg\\.$`)),
      );
      assert.equal(existsSync(out), false);
    });

  it('for its folder is refused before its data is looked for and its step compiled', async () => {
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, 'notes.txt'), 'mine');
    const fault = { data: { path: join(folder, 'gone') }, engine: { ...TINY_RUN.engine, replaysPerRun: 2 } };
    await assert.rejects(started(fault), refusal('usage', /is not empty\. .*--resume.*--force/));
    assert.deepEqual(readdirSync(out), ['notes.txt']);
  });

  for (const [what, changes, options] of [
    ['its data', { data: { name: 'cifar10', path: 'gone' } }, {}],
    ['what its step compiles to', { engine: { ...TINY_RUN.engine, replaysPerRun: 2 } }, {}],
    ['a device that is found to be missing when the engine is opened', { engine: { name: 'tfjs', device: 'webgpu' } }, {}],
    ['a device, on --resume', { engine: { name: 'tfjs', device: 'webgpu' } }, { resume: true }],
  ] as const)
    it(`for ${what} leaves no folder, nor those on the way to it`, async () => {
      await assert.rejects(started(changes, options));
      assert.equal(existsSync(join(folder, 'runs')), false);
    });

  it('leaves a folder that was there, and what lay in it', async () => {
    mkdirSync(out, { recursive: true });
    const fault = { engine: { name: 'tfjs', device: 'webgpu' } };
    await assert.rejects(started(fault), refusal('unavailable', /webgpu/));
    assert.deepEqual(readdirSync(out), []);
    writeFileSync(join(out, 'summary.json'), '{}');
    await assert.rejects(started(fault, { force: true }), refusal('unavailable', /webgpu/));
    assert.deepEqual(readdirSync(out), ['summary.json']);
  });
});
