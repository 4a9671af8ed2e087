/** @file From an HTTP request to options and image bytes, whichever way they came: JSON, a form, or the bytes alone. */
import express, { type Request, type Response } from 'express';
import type { TObject } from '@sinclair/typebox';
import { ApiError } from '../errors.js';
import type { Limits } from '../limits.js';
import { imageBytes } from './base64.js';
import { coerceText } from './coerce.js';
import { parseEnvelope } from './envelope.js';
import { parseForm } from './multipart.js';

/** What a request asks for, not yet checked against the route's schema. */
export interface Input {
  readonly options: Readonly<Record<string, unknown>>;
  readonly images: readonly Uint8Array[];
  /** Whether `images` (a list) was given and not `image`. */
  readonly list: boolean;
}

type BodyKind = 'json' | 'form' | 'bytes';

/** Reads the body of a POST. Throws `unsupported_media_type`, `too_large` or `bad_input`. */
export async function readInput(request: Request, response: Response, schema: TObject, limits: Limits): Promise<Input> {
  const kind = kindOf(request);
  if (kind !== 'bytes' && Object.keys(request.query).length > 0) {
    const field = Object.keys(request.query)[0]!;
    throw new ApiError('bad_input', `${field} is given in the address.`, {
      field,
      remedy: 'Put options into the body; only requests whose body is the image itself have them in the address.',
    });
  }
  const body = await readBody(request, response, limits);
  if (body.length === 0)
    throw new ApiError('bad_input', 'The body is empty.', {
      field: 'body',
      remedy: 'Send an image: as JSON {"image": base64}, as a form, or the bytes themselves.',
    });
  const input = await PARSERS[kind](body, request, schema, limits);
  if (input.images.length > limits.maxImages)
    throw new ApiError('too_large', `${input.images.length} images were sent; at most ${limits.maxImages} are allowed in one request.`, {
      field: 'images',
      remedy: 'Send several requests.',
    });
  return input;
}

const PARSERS: Readonly<Record<BodyKind, (body: Buffer, request: Request, schema: TObject, limits: Limits) => Input | Promise<Input>>> = {
  json(body) {
    const { image, images, ...options } = parseEnvelope(body);
    if (image !== undefined && images !== undefined)
      throw new ApiError('bad_input', 'Both image and images are given.', { field: 'images', remedy: 'Give one of them.' });
    if (images === undefined) return { options, images: image === undefined ? [] : [imageBytes(image, 'image')], list: false };
    if (!Array.isArray(images) || images.length === 0)
      throw new ApiError('bad_input', 'images must be a list of at least one image.', { field: 'images', remedy: 'For one image, use "image".' });
    return { options, images: images.map((item, index) => imageBytes(item, `images[${index}]`)), list: true };
  },
  async form(body, request, schema, { maxImages }) {
    const { images, fields } = await parseForm(body, request.headers['content-type']!, { maxImages });
    return { options: coerceText(schema.properties, fields), images, list: images.length > 1 };
  },
  bytes: (body, request, schema) => ({ options: coerceText(schema.properties, request.query), images: [body], list: false }),
};

/** By the content type, before a byte of the body is read. */
function kindOf(request: Request): BodyKind {
  const type = (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (type === 'application/json') return 'json';
  if (type === 'multipart/form-data') return 'form';
  if (type.startsWith('image/') || type === 'application/octet-stream') return 'bytes';
  throw new ApiError(
    'unsupported_media_type',
    type === '' ? 'The request has no Content-Type.' : `The Content-Type "${type.slice(0, 100)}" is not read here.`,
    {
      field: 'content-type',
      remedy: 'Send application/json, multipart/form-data, image/* or application/octet-stream.',
    },
  );
}

/** The body, decompressed, as bytes; what is above the limit is refused while it arrives. */
function readBody(request: Request, response: Response, { maxBodyBytes }: Limits): Promise<Buffer> {
  const read = express.raw({ type: () => true, limit: maxBodyBytes });
  return new Promise((resolve, reject) => {
    read(request, response, (error?: unknown) => {
      if (error !== undefined && error !== null) return reject(tooLarge(error, maxBodyBytes));
      const body: unknown = request.body;
      resolve(Buffer.isBuffer(body) ? body : Buffer.alloc(0));
    });
  });
}

function tooLarge(error: unknown, limit: number): Error {
  return (error as { type?: string }).type === 'entity.too.large'
    ? new ApiError('too_large', `The body is larger than ${limit} bytes.`, {
        field: 'body',
        remedy: 'Send fewer or smaller images, or start the server with a larger --max-body.',
        cause: error,
      })
    : (error as Error);
}
