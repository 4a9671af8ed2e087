/** @file Tests of CIFAR in its binary format: folders, gzipped files, archives, and what goes wrong with them. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { imageAt } from '@robenc/shared/data/image-set.js';
import { detectFormat } from '@robenc/shared/data/detect.js';
import { openImageSet } from '@robenc/shared/data/open.js';
import { cifarRecords, cifarValue, tarOf, withFolder } from './archives.js';

const labels10 = Array.from({ length: 20 }, (_, i) => [i % 10]);
const labels100 = Array.from({ length: 6 }, (_, i) => [i, 99 - i]);
const common = { split: 'train', seed: 0 } as const;

describe('CIFAR', () => {
  it(
    'is read from its folder: planes interleaved, batches in order, class names from the meta file',
    withFolder(async (folder) => {
      writeFileSync(join(folder, 'data_batch_2.bin'), cifarRecords([[3]]));
      writeFileSync(join(folder, 'data_batch_1.bin'), cifarRecords(labels10));
      writeFileSync(join(folder, 'test_batch.bin'), cifarRecords([[7], [8]]));
      writeFileSync(join(folder, 'batches.meta.txt'), 'a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n');
      assert.equal(await detectFormat(folder), 'cifar10');
      const set = await openImageSet({ path: folder, ...common });
      assert.deepEqual([set.count, set.height, set.width, set.name], [21, 32, 32, 'cifar10']);
      assert.deepEqual([...set.labels!], [...labels10.flat(), 3]);
      assert.equal(set.classes.join(''), 'abcdefghij');
      const { data } = imageAt(set, 5);
      for (const place of [0, 31, 32, 1023]) for (const plane of [0, 1, 2]) assert.equal(data[place * 3 + plane], cifarValue(5, plane, place));
      const test = await openImageSet({ path: folder, seed: 0, split: 'test' });
      assert.deepEqual([...test.labels!], [7, 8]);
    }),
  );

  it(
    'is read from gzipped files, and from the folder above',
    withFolder(async (folder) => {
      mkdirSync(join(folder, 'cifar-10-batches-bin'));
      writeFileSync(join(folder, 'cifar-10-batches-bin', 'data_batch_1.bin.gz'), gzipSync(cifarRecords(labels10)));
      writeFileSync(join(folder, 'README.md'), 'about');
      const set = await openImageSet({ path: folder, ...common });
      assert.deepEqual([set.name, set.count, set.classes[9]], ['cifar10', 20, 'truck']);
    }),
  );

  for (const [ending, pack] of [
    ['.tar.gz', gzipSync],
    ['.tgz', gzipSync],
    ['.tar', (bytes: Uint8Array) => bytes],
  ] as const)
    it(
      `is read from a ${ending}, with the same result as from the folder`,
      withFolder(async (folder) => {
        const files = { 'cifar-10-batches-bin/batches.meta.txt': Buffer.from('x\n'), 'cifar-10-batches-bin/data_batch_1.bin': cifarRecords(labels10) };
        const path = join(folder, `cifar-10-binary${ending}`);
        writeFileSync(path, pack(tarOf({ ...files, 'cifar-10-batches-bin/test_batch.bin': cifarRecords([[1]]) })));
        mkdirSync(join(folder, 'plain'));
        writeFileSync(join(folder, 'plain', 'data_batch_1.bin'), files['cifar-10-batches-bin/data_batch_1.bin']);
        assert.deepEqual(await openImageSet({ path, ...common }), await openImageSet({ path: join(folder, 'plain'), ...common }));
        assert.equal((await openImageSet({ path, seed: 0, split: 'test' })).count, 1);
      }),
    );

  it(
    'of 100 classes takes the fine label, from folder and archive',
    withFolder(async (folder) => {
      mkdirSync(join(folder, 'c'));
      writeFileSync(join(folder, 'c', 'train.bin'), cifarRecords(labels100));
      writeFileSync(join(folder, 'c.tar.gz'), gzipSync(tarOf({ 'cifar-100-binary/train.bin': cifarRecords(labels100) })));
      for (const path of [join(folder, 'c'), join(folder, 'c.tar.gz')]) {
        const set = await openImageSet({ path, ...common });
        assert.deepEqual([set.name, set.classes.length, set.classes[99], [...set.labels!]], ['cifar100', 100, 'worm', [99, 98, 97, 96, 95, 94]]);
      }
    }),
  );

  it(
    'is resized where another size is wanted',
    withFolder(async (folder) => {
      writeFileSync(join(folder, 'data_batch_1.bin'), cifarRecords(labels10));
      const set = await openImageSet({ path: folder, ...common, size: { height: 16, width: 24, fit: 'stretch' } });
      assert.deepEqual([set.height, set.width, set.pixels.length], [16, 24, 20 * 16 * 24 * 3]);
    }),
  );

  const broken: [string, string, () => Uint8Array, RegExp][] = [
    [
      'a batch that is cut short',
      'data_batch_1.bin',
      () => cifarRecords(labels10).subarray(0, 50_000),
      /data_batch_1\.bin has 50000 bytes, .* 3073-byte records: it is truncated/,
    ],
    ['an empty batch', 'data_batch_1.bin', () => new Uint8Array(0), /data_batch_1\.bin has 0 bytes/],
    ['a label that is no class', 'data_batch_1.bin', () => cifarRecords([[3], [12]]), /label 12 in record 1, and cifar10 has 10 classes/],
    [
      'a gzipped batch that is cut short',
      'data_batch_1.bin.gz',
      () => gzipSync(cifarRecords(labels10)).subarray(0, 400),
      /data_batch_1\.bin\.gz cannot be unpacked: .* download it again/,
    ],
    ['no file of the split', 'test_batch.bin', () => cifarRecords([[1]]), /has no train part of cifar10 \(a file like data_batch_1\.bin\).*--data/],
  ];
  for (const [what, file, bytes, message] of broken)
    it(
      `says what is wrong with ${what}`,
      withFolder(async (folder) => {
        writeFileSync(join(folder, file), bytes());
        await assert.rejects(openImageSet({ path: folder, ...common }), message);
      }),
    );

  const archive = () => gzipSync(tarOf({ 'data_batch_1.bin': cifarRecords(labels10) }));
  const brokenArchives: [string, () => Uint8Array, RegExp][] = [
    ['a truncated .tar.gz', () => archive().subarray(0, -300), /ends too early: the archive is truncated\. Download it again/],
    ['a .tar.gz that is no gzip', () => Buffer.from('<html>404</html>'), /cannot be read: .* Download it again/],
    [
      'a .tar.gz whose tar ends inside of a member',
      () => gzipSync(tarOf({ 'data_batch_1.bin': cifarRecords(labels10) }).subarray(0, 9000)),
      /ends too early: the archive is truncated/,
    ],
    ['a .tar.gz that holds no tar', () => gzipSync(Buffer.alloc(2000, 65)), /is not a tar archive, or is damaged/],
    ['an archive of something else', () => gzipSync(tarOf({ 'notes.txt': Buffer.from('hi') })), /holds no CIFAR batches .*--data/],
    [
      'the Python version',
      () => gzipSync(tarOf({ 'cifar-10-batches-py/data_batch_1': Buffer.from('pickle') })),
      /is the Python version of CIFAR\. Get the binary version/,
    ],
  ];
  for (const [what, bytes, message] of brokenArchives)
    it(
      `says what is wrong with ${what}`,
      withFolder(async (folder) => {
        const path = join(folder, 'cifar-10-binary.tar.gz');
        writeFileSync(path, bytes());
        await assert.rejects(openImageSet({ path, ...common }), message);
      }),
    );
});
