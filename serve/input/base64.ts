/** @file Image bytes from text: base64, or a data URI. Addresses are never fetched. */
import { ApiError } from '../errors.js';

/** How images may be given in JSON, for messages. */
const REMEDY = 'Send the bytes of a JPEG, PNG, WebP, AVIF, GIF or TIFF file as base64, or as a data URI such as "data:image/png;base64,...".';

/** Bytes of `text`. Throws `bad_input` naming the field. */
export function imageBytes(text: unknown, field: string): Uint8Array {
  if (typeof text !== 'string')
    throw refusal(field, `${field} must be text, not ${text === null ? 'null' : Array.isArray(text) ? 'a list' : `a ${typeof text}`}.`);
  if (/^(?:https?|ftp|file):/i.test(text)) throw refusal(field, `${field} is an address; this server fetches nothing.`);
  const bytes = decodeBase64(text.startsWith('data:') ? dataOf(text, field) : text);
  if (bytes === null) throw refusal(field, `${field} is not base64.`);
  if (bytes.length === 0) throw refusal(field, `${field} is empty.`);
  return bytes;
}

/** The base64 part of a data URI. */
function dataOf(uri: string, field: string): string {
  const comma = uri.indexOf(',');
  const header = comma < 0 ? '' : uri.slice('data:'.length, Math.min(comma, 200)).toLowerCase();
  if (!header.endsWith(';base64')) throw refusal(field, `${field} is a data URI that is not base64.`);
  const type = header.slice(0, header.indexOf(';'));
  if (type !== '' && !type.startsWith('image/') && type !== 'application/octet-stream')
    throw refusal(field, `${field} is a data URI of type "${type}", not of an image.`);
  return uri.slice(comma + 1);
}

/** Null when the text holds anything else than base64 (either alphabet, with or without padding, line breaks allowed). */
function decodeBase64(text: string): Buffer | null {
  const compact = /\s/.test(text) ? text.replaceAll(/\s+/g, '') : text;
  const digits = compact.endsWith('==') ? compact.length - 2 : compact.endsWith('=') ? compact.length - 1 : compact.length;
  const bytes = Buffer.from(compact, 'base64');
  // Node skips what it does not know, so a wrong character shows in the length.
  return digits % 4 === 1 || bytes.length !== Math.floor((digits * 3) / 4) ? null : bytes;
}

function refusal(field: string, message: string): ApiError {
  return new ApiError('bad_input', message, { field, remedy: REMEDY });
}
