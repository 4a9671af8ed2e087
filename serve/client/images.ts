/** @file Images as requests carry them, in Node and in browsers. */

/** An image file: its bytes, a Blob or File, or base64 or a data URI as text. */
export type ImageFile = Uint8Array | ArrayBuffer | Blob | string;

/** Characters at once: more arguments than this and some engines run out of stack. */
const CHUNK = 0x8000;

/** Bytes or a Blob as base64; text is taken for base64 already. */
export async function base64Of(image: ImageFile): Promise<string> {
  if (typeof image === 'string') return image;
  const buffer = image instanceof Blob ? await image.arrayBuffer() : image;
  const bytes = buffer instanceof Uint8Array ? buffer : new Uint8Array(buffer);
  let text = '';
  for (let start = 0; start < bytes.length; start += CHUNK) text += String.fromCharCode(...bytes.subarray(start, start + CHUNK));
  return btoa(text);
}
