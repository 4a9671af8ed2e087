/** @file POST /v1/embed: images to embeddings. */
import { Type } from '@sinclair/typebox';
import { embedImages, normalized, toBase64 } from '../engine/embed.js';
import { identityOf } from '../engine/model.js';
import { IMAGES_ALLOWED } from '../limits.js';
import { defineRoute } from './route.js';
import { npyReply, wantsNpy } from '../http/npy-reply.js';
import { closed, IMAGE_ERRORS, ImageSize, ModelIdentity, ModelReference, optionsOf, RequestId } from './schemas.js';

export default defineRoute({
  name: 'embed',
  method: 'post',
  path: '/v1/embed',
  summary: 'the embedding of each image',
  description: 'With "Accept: application/x-npy" the answer is a NumPy array, float32 [images, size].',
  options: optionsOf({
    model: ModelReference,
    normalize: Type.Boolean({ default: false, description: 'scale each embedding to Euclidean length 1' }),
    encoding: Type.Union([Type.Literal('float'), Type.Literal('base64')], {
      default: 'float',
      description: 'numbers, or base64 of little-endian float32, which is smaller and faster to read',
    }),
  }),
  images: IMAGES_ALLOWED,
  types: ['application/x-npy'],
  response: Type.Object(
    {
      model: ModelIdentity,
      requestId: RequestId,
      size: Type.Integer({ description: 'numbers in each embedding' }),
      embeddings: Type.Array(Type.Union([Type.Array(Type.Number()), Type.String()]), { description: 'one per image, in the order they were sent' }),
      images: Type.Array(ImageSize),
    },
    closed,
  ),
  errors: IMAGE_ERRORS,
  async handle({ options, ...request }, context) {
    const model = context.model(options.model);
    const images = await context.prepare(model, request);
    const raw = await embedImages(model, images, context.call());
    const embeddings = options.normalize ? raw.map(normalized) : raw;
    if (wantsNpy(context.request)) return npyReply(embeddings);
    return {
      model: identityOf(model),
      requestId: context.requestId,
      size: embeddings[0]!.length,
      embeddings: embeddings.map((embedding) => (options.encoding === 'base64' ? toBase64(embedding) : Array.from(embedding))),
      images: images.map(({ width, height }) => ({ width, height })),
    };
  },
});
