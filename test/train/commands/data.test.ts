/** @file Tests of robenc data. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openImageSet } from '@robenc/shared/data/open.js';
import { imageAt } from '@robenc/shared/data/image-set.js';
import { readOptions } from '@robenc/shared/config/command-options.js';
import { decodeImage } from '@robenc/shared/images/decode.js';
import data from '@robenc/train/commands/data.js';
import { memoryContext } from '../../context.js';
import { withFolder } from '../../shared/data/archives.js';

/** Runs `robenc data <action> <name>` with flags given by option name. */
async function run(cwd: string, action: string, name?: string, flags: Record<string, string | boolean> = {}) {
  const context = memoryContext({ cwd });
  const code = await data.run({ ...readOptions(data, flags), action, ...(name === undefined ? {} : { data: name }) }, context);
  return { code, ...context };
}

describe('robenc data', () => {
  it('list names every data set', async () => {
    const { code, lines, results } = await run('.', 'list');
    assert.equal(code, 0);
    assert.deepEqual(
      lines.map((line) => line.split(' ')[0]),
      ['shapes', 'cifar10', 'cifar100', 'image-folder'],
    );
    assert.equal((results[0] as { dataSets: unknown[] }).dataSets.length, 4);
  });

  it(
    'show counts the images of each class and draws a contact sheet, but not over a file',
    withFolder(async (folder) => {
      const { lines, results } = await run(folder, 'show', 'shapes', { limit: '30', split: 'test', sheet: 'sheet.png' });
      assert.match(lines[0]!, /^shapes, test: 30 images of 32x32, 10 classes$/);
      assert.match(lines[1]!, /^ +0 {2}arrow {2}3$/);
      assert.deepEqual(
        (results[0] as { classes: { count: number }[] }).classes.map(({ count }) => count),
        Array<number>(10).fill(3),
      );
      const sheet = await decodeImage(readFileSync(join(folder, 'sheet.png')));
      assert.deepEqual([sheet.height, sheet.width], [10 * 34 + 2, 3 * 34 + 2]);
      const set = await openImageSet({ name: 'shapes', split: 'test', seed: 0, limit: 30 });
      const first = imageAt(set, 10).data.subarray(0, 96);
      assert.deepEqual(sheet.data.slice((2 * sheet.width + 36) * 3, (2 * sheet.width + 68) * 3), new Uint8Array(first));
      await assert.rejects(run(folder, 'show', 'shapes', { limit: '30', sheet: 'sheet.png' }), /sheet\.png exists\. .*--force/);
    }),
  );

  it(
    'write makes an image folder that is read as the same data set',
    withFolder(async (folder) => {
      const { lines } = await run(folder, 'write', 'shapes', { limit: '20', out: 'out' });
      assert.match(lines[0]!, /^20 training and 20 test images of 32x32/);
      assert.deepEqual(readdirSync(join(folder, 'out')), ['test', 'train']);
      const made = await openImageSet({ name: 'shapes', split: 'train', seed: 0, limit: 20 });
      const read = await openImageSet({ path: join(folder, 'out'), split: 'train', seed: 0 });
      assert.deepEqual(read.classes, made.classes);
      read.names!.forEach((name, i) => {
        const index = Number(name.match(/(\d+)\.png$/)![1]);
        assert.equal(read.labels![i], made.labels![index]);
        assert.deepEqual(Buffer.from(imageAt(read, i).data), Buffer.from(imageAt(made, index).data));
      });
      await assert.rejects(run(folder, 'write', 'shapes', { limit: '20', out: 'out' }), /is not empty\. .*--force/);
    }),
  );

  it(
    'show of a folder that is not there, holds corrupt images, or is not named says what to do',
    withFolder(async (folder) => {
      await assert.rejects(run(folder, 'show', 'nowhere'), /There is no .*nowhere\. .*--data/);
      await assert.rejects(run(folder, 'show'), /Name the data/);
      await assert.rejects(run(folder, 'draw'), /does not know "draw"\. It can: list, show, write/);
      await assert.rejects(run(folder, 'write', 'shapes'), /--out/);
      writeFileSync(join(folder, 'x.png'), 'nothing');
      await assert.rejects(run(folder, 'show', folder), /x\.png: .*--skip-unreadable/);
    }),
  );
});
