/** @file Forms with files: image parts and option fields. */
import { Readable } from 'node:stream';
import multer, { type MulterRequest } from 'multer';
import { ApiError, toApiError } from '../errors.js';

export interface Form {
  readonly images: readonly Uint8Array[];
  readonly fields: Readonly<Record<string, string | string[]>>;
}

const MAX_FIELDS = 32;
const MAX_FIELD_BYTES = 64 * 1024;

/** Parses a body that is already in memory, and so already bounded. Throws `bad_input` or `too_large`. */
export async function parseForm(body: Buffer, contentType: string, { maxImages }: { maxImages: number }): Promise<Form> {
  const request: MulterRequest = Object.assign(Readable.from([body]), { headers: { 'content-type': contentType, 'content-length': String(body.length) } });
  const limits = { files: maxImages, fields: MAX_FIELDS, fieldSize: MAX_FIELD_BYTES, parts: maxImages + MAX_FIELDS };
  await new Promise<void>((resolve, reject) => {
    multer({ storage: multer.memoryStorage(), limits }).any()(request, null, (error) =>
      error === undefined || error === null ? resolve() : reject(readable(error, maxImages)),
    );
  });
  const images = (request.files ?? []).map(({ fieldname, buffer }) => {
    if (fieldname !== 'image' && fieldname !== 'images')
      throw new ApiError('bad_input', `The form has a file in the field "${fieldname}".`, {
        field: fieldname,
        remedy: 'Send files in fields named "image" or "images".',
      });
    if (buffer.length === 0) throw new ApiError('bad_input', `The file in the field "${fieldname}" is empty.`, { field: fieldname });
    return buffer;
  });
  const fields = { ...request.body };
  const text = ['image', 'images'].find((name) => Object.hasOwn(fields, name));
  if (text !== undefined)
    throw new ApiError('bad_input', `The field "${text}" of the form is text, not a file.`, {
      field: text,
      remedy: `Send the file itself: with curl, -F ${text}=@photo.jpg with an @ before the name. Base64 goes into a JSON body.`,
    });
  return { images, fields };
}

/** busboy's own errors (a missing boundary, a cut body) have neither code nor status; they are the client's all the same. */
function readable(error: unknown, maxImages: number): ApiError {
  if ((error as { code?: string }).code === 'LIMIT_FILE_COUNT')
    return new ApiError('too_large', `More than ${maxImages} images were sent; at most ${maxImages} are allowed in one request.`, {
      field: 'images',
      remedy: 'Send several requests.',
    });
  const known = toApiError(error);
  return known.code === 'internal'
    ? new ApiError('bad_input', `The form could not be read: ${(error as Error).message}.`, { field: 'body', cause: error })
    : known;
}
