/** @file Image files to pixels and pixels to PNG: the only importer of sharp. */
import sharp from 'sharp';
import { messageOf, RobencError } from '../errors.js';
import type { Image } from './image.js';
import { hasImageSignature } from './signature.js';

/** sharp's names of the formats that are read. */
const FORMATS = new Set(['jpeg', 'png', 'webp', 'heif', 'gif', 'tiff']);

/** Pixels that an image may have when nothing else is said: a photograph of 100 megapixels takes 300 MB. */
export const MAX_PIXELS = 100_000_000;

export interface DecodeOptions {
  /** Most pixels (width x height) that are decoded; a small file can hold a huge image. */
  readonly maxPixels?: number;
  /** Whole seconds after which decoding is given up; 0: never. */
  readonly seconds?: number;
}

/**
 * A JPEG, PNG, WebP, AVIF, GIF (first frame) or TIFF (first page) as 8-bit sRGB, the right way up: the EXIF orientation is applied, grey is copied to three
 * channels, CMYK and other profiles are converted, 16 bits are scaled to 8, transparency is laid over black.
 * Throws `bad-input` for anything else: not an image, cut short, damaged, or larger than `maxPixels`.
 */
export async function decodeImage(bytes: Uint8Array, { maxPixels = MAX_PIXELS, seconds = 0 }: DecodeOptions = {}): Promise<Image> {
  if (bytes.length === 0)
    throw new RobencError('bad-input', 'The image is empty: it has 0 bytes. Send a JPEG, PNG, WebP, AVIF, GIF or TIFF file.', { field: 'image' });
  if (!hasImageSignature(bytes))
    throw new RobencError(
      'bad-input',
      `The image is of an unknown format: it begins with the bytes ${Buffer.from(bytes.subarray(0, 4)).toString('hex')}. Send a JPEG, PNG, WebP, AVIF, GIF or TIFF file.`,
      { field: 'image' },
    );
  try {
    const input = sharp(bytes, { limitInputPixels: false, failOn: 'error', animated: false });
    const { format, width, height } = await input.metadata();
    if (format === undefined || !FORMATS.has(format))
      throw new RobencError('bad-input', `The image is of the format ${format ?? 'unknown'}. Send a JPEG, PNG, WebP, AVIF, GIF or TIFF file.`, {
        field: 'image',
      });
    if (width * height > maxPixels)
      throw new RobencError('bad-input', `The image has ${width} x ${height} pixels, more than the ${maxPixels} that are allowed. Send a smaller one.`, {
        field: 'image',
      });
    const { data, info } = await input
      .timeout({ seconds })
      .autoOrient()
      .toColourspace('srgb')
      .flatten({ background: '#000000' })
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data: threeChannels(data, info.channels) };
  } catch (cause) {
    if (cause instanceof RobencError) throw cause;
    throw new RobencError(
      'bad-input',
      `The image cannot be decoded: ${messageOf(cause).split('\n')[0]!.replace(/\.?$/, '.')} Give a whole JPEG, PNG, WebP, AVIF, GIF or TIFF file.`,
      {
        cause,
        field: 'image',
      },
    );
  }
}

function threeChannels(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return new Uint8Array(data);
  const area = data.length / channels;
  const result = new Uint8Array(area * 3);
  for (let i = 0; i < area; i++) result.fill(data[i * channels]!, i * 3, i * 3 + 3);
  return result;
}

/** The image as a PNG file; nothing is lost. */
export async function encodePng(image: Image): Promise<Uint8Array> {
  return new Uint8Array(
    await sharp(Buffer.from(image.data), { raw: { width: image.width, height: image.height, channels: 3 } })
      .png()
      .toBuffer(),
  );
}

/** The image as JPEG of a quality of 1 to 100 (colours at half resolution, as is usual) holds it. */
export async function jpegRoundTrip({ width, height, data }: Image, quality: number): Promise<Image> {
  const bytes = await sharp(Buffer.from(data), { raw: { width, height, channels: 3 } })
    .jpeg({ quality, chromaSubsampling: '4:2:0' })
    .toBuffer();
  return decodeImage(bytes);
}
