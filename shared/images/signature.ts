/** @file What an image file begins with. Anything else never reaches the decoder, which would also read drawings (SVG), documents and what other loaders it was built with. */

/** Of each format that is read: where its mark stands, and the mark itself, one character a byte. */
const SIGNATURES: readonly (readonly [offset: number, mark: string])[] = [
  [0, '\xff\xd8\xff'], // JPEG
  [0, '\x89PNG\r\n\x1a\n'],
  [8, 'WEBP'],
  [4, 'ftyp'], // AVIF
  [0, 'GIF8'],
  [0, 'II*\0'], // TIFF, in either order of bytes, with offsets of 4 or 8 bytes
  [0, 'MM\0*'],
  [0, 'II+\0'],
  [0, 'MM\0+'],
];

/** True where the bytes begin as a JPEG, PNG, WebP, AVIF, GIF or TIFF file does. */
export function hasImageSignature(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  return SIGNATURES.some(([offset, mark]) => head.startsWith(mark, offset));
}
