/** @file Tests of image folders. */
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { imageAt } from '@robenc/shared/data/image-set.js';
import { detectFormat } from '@robenc/shared/data/detect.js';
import { openImageSet } from '@robenc/shared/data/open.js';
import { encodePng } from '@robenc/shared/images/decode.js';
import { fitImage } from '@robenc/shared/images/fit.js';
import { noisyImage } from '../images/pillow.js';
import { withFolder } from './archives.js';

const common = { split: 'train', seed: 0 } as const;
const size = { height: 8, width: 8, fit: 'cover' } as const;
const flat = (level: number, height = 8, width = 8) => ({ width, height, data: new Uint8Array(height * width * 3).fill(level) });

/** Writes images, by path and level. */
async function write(folder: string, files: Readonly<Record<string, number>>): Promise<void> {
  for (const [file, level] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), await encodePng(flat(level)));
  }
}

describe('image folder', () => {
  it(
    'with class folders: labels in lexicographic order of their names, an empty class counted, hidden files left out',
    withFolder(async (folder) => {
      await write(folder, { 'b/2.png': 22, 'b/1.png': 21, 'a/z.PNG': 10, 'B/x.png': 5, 'd/deep/er/1.png': 40, 'b/.hidden.png': 99 });
      mkdirSync(join(folder, 'c'));
      mkdirSync(join(folder, '.cache'));
      writeFileSync(join(folder, 'b', 'notes.txt'), 'no image');
      assert.equal(await detectFormat(folder), 'image-folder');
      const set = await openImageSet({ path: folder, ...common });
      assert.deepEqual(set.classes, ['B', 'a', 'b', 'c', 'd']);
      assert.deepEqual(set.names, ['B/x.png', 'a/z.PNG', 'b/1.png', 'b/2.png', 'd/deep/er/1.png']);
      assert.deepEqual([...set.labels!], [0, 1, 2, 2, 4]);
      assert.deepEqual(
        Array.from({ length: 5 }, (_, i) => imageAt(set, i).data[0]),
        [5, 10, 21, 22, 40],
      );
    }),
  );

  it(
    'without train/ and test/ gives both splits the whole, or with a share to hold out two parts of every class',
    withFolder(async (folder) => {
      await write(folder, Object.fromEntries(['a', 'b'].flatMap((name) => [1, 2, 3, 4, 5].map((i) => [`${name}/${i}.png`, i] as const))));
      const names = async (split: 'train' | 'test', holdOut?: number) => [...(await openImageSet({ path: folder, split, seed: 7, holdOut })).names!];
      assert.deepEqual(await names('train'), await names('test'));
      const [train, test] = [await names('train', 0.4), await names('test', 0.4)];
      const inA = (part: string[]) => part.filter((name) => name.startsWith('a/')).length;
      assert.deepEqual([train.length, inA(train), test.length, inA(test)], [6, 3, 4, 2]);
      assert.deepEqual([...train, ...test].sort(), await names('train'));
      const limited = await openImageSet({ path: folder, split: 'test', seed: 1, holdOut: 0.4, limit: 2 });
      assert.ok(limited.names!.every((name) => test.includes(name)));
      assert.equal(limited.undivided, false);
    }),
  );

  it(
    'follows links to folders and files, and passes over broken ones',
    withFolder(async (folder) => {
      await write(folder, { 'real/1.png': 7, 'data/a/2.png': 8 });
      symlinkSync(join(folder, 'real'), join(folder, 'data', 'b'));
      symlinkSync(join(folder, 'real', '1.png'), join(folder, 'data', 'a', '1.png'));
      symlinkSync(join(folder, 'nowhere.png'), join(folder, 'data', 'a', '3.png'));
      const set = await openImageSet({ path: join(folder, 'data'), ...common });
      assert.deepEqual(
        [set.classes, set.names],
        [
          ['a', 'b'],
          ['a/1.png', 'a/2.png', 'b/1.png'],
        ],
      );
    }),
  );

  it(
    'without class folders has no labels',
    withFolder(async (folder) => {
      await write(folder, { 'b.png': 2, 'a.png': 1 });
      const set = await openImageSet({ path: folder, ...common });
      assert.deepEqual([set.labels, set.classes, set.names, set.undivided], [null, [], ['a.png', 'b.png'], true]);
    }),
  );

  it(
    'with train/ and test/ (or val/) above gives the split; a class that is called train is a class',
    withFolder(async (folder) => {
      await write(join(folder, 'x'), { 'train/a/1.png': 1, 'test/a/2.png': 2, 'test/b/3.png': 3 });
      assert.deepEqual((await openImageSet({ path: join(folder, 'x'), ...common })).names, ['a/1.png']);
      const test = await openImageSet({ path: join(folder, 'x'), seed: 0, split: 'test' });
      assert.deepEqual([test.names, test.undivided], [['a/2.png', 'b/3.png'], false]);
      await write(join(folder, 'y'), { 'train/1.png': 1, 'val/2.png': 2 });
      assert.deepEqual((await openImageSet({ path: join(folder, 'y'), seed: 0, split: 'test' })).names, ['2.png']);
      await write(join(folder, 'z'), { 'train/1.png': 1, 'plane/2.png': 2 });
      assert.deepEqual((await openImageSet({ path: join(folder, 'z'), ...common })).classes, ['plane', 'train']);
      await write(join(folder, 'w'), { 'train/1.png': 1 });
      await assert.rejects(openImageSet({ path: join(folder, 'w'), seed: 0, split: 'test' }), /has train\/ but no test\/.*--data/);
    }),
  );

  it(
    'is fitted by the size policy, as fitImage does it',
    withFolder(async (folder) => {
      const image = noisyImage(20, 33, () => 0.4);
      writeFileSync(join(folder, 'a.png'), await encodePng(image));
      for (const fit of ['cover', 'contain', 'stretch'] as const) {
        const set = await openImageSet({ path: folder, ...common, size: { ...size, fit } });
        assert.deepEqual(imageAt(set, 0), fitImage(image, { ...size, fit }));
      }
    }),
  );

  it(
    'whose images differ in size is refused where no size is given, naming the file and --resize',
    withFolder(async (folder) => {
      writeFileSync(join(folder, 'a.png'), await encodePng(flat(1)));
      writeFileSync(join(folder, 'b.png'), await encodePng(flat(1, 9, 8)));
      await assert.rejects(openImageSet({ path: folder, ...common }), /b\.png is 9x8 .* 8x8 .*--resize/);
      await assert.rejects(openImageSet({ path: folder, ...common, size: { height: 4, width: 4, fit: 'exact' } }), /a\.png is 8x8 .* 4x4 .*--resize/);
      assert.equal((await openImageSet({ path: folder, ...common, size })).count, 2);
    }),
  );

  it(
    'with a corrupt image names it and offers --skip-unreadable, which leaves it out and says so',
    withFolder(async (folder) => {
      await write(folder, { 'a/1.png': 1, 'b/1.png': 2, 'b/3.png': 4 });
      writeFileSync(join(folder, 'b', '2.png'), 'not an image');
      await assert.rejects(openImageSet({ path: folder, ...common, size }), /b\/2\.png: .*--skip-unreadable/);
      const warnings: string[] = [];
      const set = await openImageSet({ path: folder, ...common, size, skipUnreadable: true, warn: (message) => void warnings.push(message) });
      assert.deepEqual(
        [set.names, [...set.labels!]],
        [
          ['a/1.png', 'b/1.png', 'b/3.png'],
          [0, 1, 1],
        ],
      );
      assert.deepEqual(
        Array.from({ length: 3 }, (_, i) => imageAt(set, i).data[0]),
        [1, 2, 4],
      );
      assert.equal(set.pixels.length, 3 * 8 * 8 * 3);
      assert.match(warnings.join(), /^Left out .*b\/2\.png/);
    }),
  );

  it(
    'of which nothing can be read is refused even with --skip-unreadable',
    withFolder(async (folder) => {
      writeFileSync(join(folder, '2.png'), 'not an image');
      await assert.rejects(openImageSet({ path: folder, ...common, skipUnreadable: true }), /None of the 1 images .* can be read.*--data/);
    }),
  );

  it(
    'with images beside class folders is refused',
    withFolder(async (folder) => {
      await write(folder, { 'a/1.png': 1, '2.png': 2 });
      await assert.rejects(openImageSet({ path: folder, ...common }), /has images \(2\.png\) beside class folders \(a\)/);
    }),
  );
});
