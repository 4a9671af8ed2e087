/** @file From an HTTP request to options and image bytes, whichever way they came: JSON, a form, or the bytes alone. */
import express from 'express';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TensorData } from '@robenc/shared/graph/value.js';
import { ApiError } from '../errors.js';
import { queryOf } from '../http/query.js';
import type { Limits } from '../limits.js';
import { imageBytes } from './base64.js';
import { coerceText } from './coerce.js';
import { parseEnvelope } from './envelope.js';
import { parseForm } from './multipart.js';
import { readNpy } from '@robenc/shared/images/npy.js';
import { bodyTooLarge, readPlain, type BodyPlan } from './read-plain.js';
import type { Route } from '../routes/route.js';

/** What a request asks for, not yet checked against the route's schema. */
export interface Input {
  readonly options: Readonly<Record<string, unknown>>;
  readonly images: readonly Uint8Array[];
  /** Whether `images` (a list) was given and not `image`. */
  readonly list: boolean;
  /** Pixels instead of files. */
  readonly tensor: TensorData | null;
  /** The body itself, for routes that read it themselves. */
  readonly raw: Buffer | null;
}

type BodyKind = 'json' | 'form' | 'bytes' | 'npy';
type Reading = Pick<Route, 'options' | 'body' | 'jsonValues'>;

/** Reads the body of a POST, into memory that `take` gives where it is not compressed. Throws `unsupported_media_type`, `too_large` or `bad_input`. */
export async function readInput(request: IncomingMessage, response: ServerResponse, route: Reading, limits: Limits, take: BodyPlan['take']): Promise<Input> {
  if (route.body === 'raw') {
    const options = coerceText(route.options.properties, queryOf(request));
    return { options, images: [], list: false, tensor: null, raw: await readBody(request, response, limits, take) };
  }
  const kind = route.body === 'json' ? jsonOnly(request) : kindOf(request);
  if (kind !== 'bytes' && kind !== 'npy' && Object.keys(queryOf(request)).length > 0) {
    const field = Object.keys(queryOf(request))[0]!;
    throw new ApiError('bad_input', `${field} is given in the address.`, {
      field,
      remedy: 'Put options into the body; only requests whose body is the image itself have them in the address.',
    });
  }
  const body = await readBody(request, response, limits, take);
  if (body.length === 0)
    throw new ApiError('bad_input', 'The body is empty.', {
      field: 'body',
      remedy: route.body === 'json' ? 'Send a JSON object.' : 'Send an image: as JSON {"image": base64}, as a form, or the bytes themselves.',
    });
  if (route.body === 'json') return { ...NOTHING, options: parseEnvelope(body, route.jsonValues) };
  const input = await PARSERS[kind](body, request, route, limits);
  if (input.images.length > limits.maxImages)
    throw new ApiError('too_large', `${input.images.length} images were sent; at most ${limits.maxImages} are allowed in one request.`, {
      field: 'images',
      remedy: 'Send several requests.',
    });
  return input;
}

const NOTHING: Omit<Input, 'options'> = { images: [], list: false, tensor: null, raw: null };

const PARSERS: Readonly<Record<BodyKind, (body: Buffer, request: IncomingMessage, route: Reading, limits: Limits) => Input | Promise<Input>>> = {
  json(body, _request, { jsonValues }) {
    const { image, images, ...options } = parseEnvelope(body, jsonValues);
    if (image !== undefined && images !== undefined)
      throw new ApiError('bad_input', 'Both image and images are given.', { field: 'images', remedy: 'Give one of them.' });
    if (images === undefined) return { ...NOTHING, options, images: image === undefined ? [] : [imageBytes(image, 'image')] };
    if (!Array.isArray(images) || images.length === 0)
      throw new ApiError('bad_input', 'images must be a list of at least one image.', { field: 'images', remedy: 'For one image, use "image".' });
    return { ...NOTHING, options, images: images.map((item, index) => imageBytes(item, `images[${index}]`)), list: true };
  },
  async form(body, request, { options }, { maxImages }) {
    const { images, fields } = await parseForm(body, request.headers['content-type']!, { maxImages });
    return { ...NOTHING, options: coerceText(options.properties, fields), images, list: images.length > 1 };
  },
  bytes: (body, request, { options }) => ({ ...NOTHING, options: coerceText(options.properties, queryOf(request)), images: [body] }),
  npy: (body, request, { options }) => ({ ...NOTHING, options: coerceText(options.properties, queryOf(request)), tensor: readNpy(body), list: true }),
};

function jsonOnly(request: IncomingMessage): BodyKind {
  const type = (request.headers['content-type'] ?? 'application/json').split(';')[0]!.trim().toLowerCase();
  if (type === 'application/json') return 'json';
  throw new ApiError('unsupported_media_type', `The Content-Type "${type.slice(0, 100)}" is not read here.`, {
    field: 'content-type',
    remedy: 'Send application/json.',
  });
}

/** By the content type, before a byte of the body is read. */
function kindOf(request: IncomingMessage): BodyKind {
  const type = (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (type === 'application/json') return 'json';
  if (type === 'multipart/form-data') return 'form';
  if (type === 'application/x-npy') return 'npy';
  if (type.startsWith('image/') || type === 'application/octet-stream') return 'bytes';
  throw new ApiError(
    'unsupported_media_type',
    type === '' ? 'The request has no Content-Type.' : `The Content-Type "${type.slice(0, 100)}" is not read here.`,
    {
      field: 'content-type',
      remedy: 'Send application/json, multipart/form-data, image/*, application/octet-stream, or pixels as application/x-npy.',
    },
  );
}

/** The body, decompressed, as bytes; what is above the limit is refused while it arrives. */
function readBody(request: IncomingMessage, response: ServerResponse, { maxBodyBytes }: Limits, take: BodyPlan['take']): Promise<Buffer> {
  if (request.headers['content-encoding'] === undefined) return readPlain(request, { limit: maxBodyBytes, numbersAt: numbersAt(request), take });
  const read = express.raw({ type: () => true, limit: maxBodyBytes });
  return new Promise((resolve, reject) => {
    read(request, response, (error?: unknown) => {
      if (error !== undefined && error !== null) return reject(readingError(error, request, maxBodyBytes));
      const { body } = request as { body?: unknown };
      resolve(Buffer.isBuffer(body) ? body : Buffer.alloc(0));
    });
  });
}

/** Where the numbers of a body begin, by the binary tensor extension of the Open Inference Protocol. Only for speed: whether that is true is seen later. */
function numbersAt({ headers }: IncomingMessage): number {
  const length = headers['inference-header-content-length'];
  return typeof length === 'string' && /^\d{1,9}$/.test(length) ? Number(length) : 0;
}

/** What the reader of compressed bodies says, in the words of this server. */
function readingError(error: unknown, { headers }: IncomingMessage, limit: number): Error {
  const { type, code = '', message } = error as { type?: string; code?: string; message: string };
  const encoding = String(headers['content-encoding']).slice(0, 100);
  if (type === 'entity.too.large') return bodyTooLarge(limit, error);
  if (type === 'encoding.unsupported')
    return new ApiError('unsupported_media_type', `The Content-Encoding "${encoding}" is not read here.`, {
      field: 'content-encoding',
      remedy: 'Send the body as it is, or compressed as gzip, deflate or br.',
      cause: error,
    });
  // The codes of zlib and of brotli.
  if (/^(?:Z_|ERR_)/.test(code))
    return new ApiError('bad_input', `The body is not whole ${encoding}, as its Content-Encoding says: ${message}.`, {
      field: 'body',
      remedy: 'Compress the body in this way, or leave the header out.',
      cause: error,
    });
  return error as Error;
}
