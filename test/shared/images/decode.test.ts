/** @file Tests of reading and writing image files. */
import assert from 'node:assert/strict';
import sharp from 'sharp';
import { decodeImage, encodePng } from '@robenc/shared/images/decode.js';
import { Random } from '@robenc/shared/math/random.js';
import { noisyImage } from './pillow.js';

const random = new Random(4);
const image = noisyImage(6, 9, () => random.next());
const raw = { raw: { width: 9, height: 6, channels: 3 } } as const;
const source = () => sharp(image.data, raw);

describe('decodeImage', () => {
  for (const [format, encode] of [
    ['PNG', () => source().png()],
    ['lossless WebP', () => source().webp({ lossless: true })],
    ['TIFF', () => source().tiff({ compression: 'lzw' })],
    ['PNG of 16 bits', () => source().toColourspace('rgb16').png()],
  ] as const)
    it(`gives the very pixels of a ${format}`, async () => assert.deepEqual(await decodeImage(await encode().toBuffer()), image));

  for (const [format, encode] of [
    ['JPEG', () => sharp(image.data, raw).resize(36, 24, { kernel: 'linear' }).jpeg({ quality: 100, chromaSubsampling: '4:4:4' })],
    ['AVIF', () => sharp(image.data, raw).resize(36, 24, { kernel: 'linear' }).avif({ quality: 100, chromaSubsampling: '4:4:4' })],
    [
      'CMYK JPEG',
      () =>
        sharp({ create: { width: 36, height: 24, channels: 3, background: '#4080c0' } })
          .toColourspace('cmyk')
          .jpeg({ quality: 100 }),
    ],
  ] as const)
    it(`gives about the pixels of a ${format}`, async () => {
      const bytes = await encode().toBuffer();
      const decoded = await decodeImage(bytes);
      const expected =
        format === 'CMYK JPEG'
          ? await sharp({ create: { width: 36, height: 24, channels: 3, background: '#4080c0' } })
              .raw()
              .toBuffer()
          : await sharp(bytes).raw().toBuffer();
      assert.deepEqual([decoded.width, decoded.height, decoded.data.length], [36, 24, 36 * 24 * 3]);
      const mean = decoded.data.reduce((sum, value, i) => sum + Math.abs(value - expected[i]!), 0) / expected.length;
      assert.ok(mean < 12, `mean difference ${mean}`);
    });

  it('copies grey to three channels', async () => {
    const decoded = await decodeImage(
      await sharp(Buffer.from([0, 100, 200, 255]), { raw: { width: 2, height: 2, channels: 1 } })
        .png()
        .toBuffer(),
    );
    assert.deepEqual([...decoded.data], [0, 0, 0, 100, 100, 100, 200, 200, 200, 255, 255, 255]);
  });

  it('lays transparency over black, grey with transparency too', async () => {
    const rgba = await decodeImage(
      await sharp(Buffer.from([200, 100, 50, 255, 200, 100, 50, 0]), { raw: { width: 2, height: 1, channels: 4 } })
        .png()
        .toBuffer(),
    );
    assert.deepEqual([...rgba.data], [200, 100, 50, 0, 0, 0]);
    const greyAlpha = await decodeImage(
      await sharp(Buffer.from([90, 255, 90, 0]), { raw: { width: 2, height: 1, channels: 2 } })
        .png()
        .toBuffer(),
    );
    assert.deepEqual([...greyAlpha.data], [90, 90, 90, 0, 0, 0]);
  });

  it('scales 16-bit grey to 8 bits', async () => {
    const levels = Uint16Array.of(0, 257 * 77, 65535, 257 * 200);
    const bytes = await sharp(levels, { raw: { width: 4, height: 1, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    assert.equal((await sharp(bytes).metadata()).depth, 'ushort');
    assert.deepEqual(
      [...(await decodeImage(bytes)).data],
      [0, 77, 255, 200].flatMap((value) => [value, value, value]),
    );
  });

  it('turns the image as its EXIF orientation says', async () => {
    const bytes = await source().withMetadata({ orientation: 6 }).tiff({ compression: 'lzw' }).toBuffer();
    const turned = await decodeImage(bytes);
    assert.deepEqual([turned.width, turned.height], [6, 9]);
    // Orientation 6: the first row of the file is the right-hand column of the picture.
    for (let x = 0; x < 9; x++) assert.equal(turned.data[(x * 6 + 5) * 3], image.data[x * 3]);
  });

  it('takes the first frame of an animation', async () => {
    const frames = Buffer.concat([Buffer.alloc(4 * 4 * 3, 255), Buffer.alloc(4 * 4 * 3, 0)]);
    const gif = await sharp(frames, { raw: { width: 4, height: 8, channels: 3, pageHeight: 4 } })
      .gif()
      .toBuffer();
    assert.equal((await sharp(gif).metadata()).pages, 2);
    const decoded = await decodeImage(gif);
    assert.deepEqual([decoded.width, decoded.height, decoded.data[0]], [4, 4, 255]);
  });

  const refusals: [string, () => Promise<Uint8Array>, RegExp][] = [
    [
      'SVG',
      () => Promise.resolve(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>')),
      /begins with the bytes 3c737667\. Send a JPEG/,
    ],
    ['text', () => Promise.resolve(Buffer.from('not an image at all')), /unknown format/],
    ['a PDF', () => Promise.resolve(Buffer.from('%PDF-1.4')), /unknown format/],
    ['what only begins like a PNG', () => Promise.resolve(Buffer.from('\x89PNG\r\n\x1a\nnot an image at all', 'latin1')), /cannot be decoded/],
    ['nothing', () => Promise.resolve(new Uint8Array(0)), /The image is empty/],
    [
      'half a PNG',
      async () =>
        (
          await sharp(noisyImage(64, 64, () => random.next()).data, { raw: { width: 64, height: 64, channels: 3 } })
            .png()
            .toBuffer()
        ).subarray(0, 3000),
      /cannot be decoded/,
    ],
    [
      'half a JPEG',
      async () =>
        (
          await sharp(noisyImage(64, 64, () => random.next()).data, { raw: { width: 64, height: 64, channels: 3 } })
            .jpeg()
            .toBuffer()
        ).subarray(0, 1500),
      /cannot be decoded/,
    ],
  ];
  for (const [what, bytes, message] of refusals)
    it(`refuses ${what} as bad input that names the field and the remedy`, async () => {
      await assert.rejects(
        decodeImage(await bytes()),
        (error: Error & { code?: string; field?: string }) => error.code === 'bad-input' && error.field === 'image' && message.test(error.message),
      );
    });

  it('refuses a small file with a huge image by its pixel count, before decoding it', async () => {
    const bomb = await sharp({ create: { width: 12_000, height: 9_000, channels: 3, background: '#000' } })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    assert.ok(bomb.length < 1_000_000);
    await assert.rejects(decodeImage(bomb), /12000 x 9000 pixels, more than the 100000000 that are allowed/);
    await assert.rejects(decodeImage(await encodePng(image), { maxPixels: 53 }), /9 x 6 pixels, more than the 53/);
    assert.equal((await decodeImage(await encodePng(image), { maxPixels: 54 })).width, 9);
  });
});

describe('encodePng', () => {
  it('loses nothing', async () => assert.deepEqual(await decodeImage(await encodePng(image)), image));
  it('writes images in shared memory too', async () => {
    const shared = { ...image, data: new Uint8Array(new SharedArrayBuffer(image.data.length)) };
    shared.data.set(image.data);
    assert.deepEqual((await decodeImage(await encodePng(shared))).data, image.data);
  });
});
