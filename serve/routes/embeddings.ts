/** @file POST /v1/embeddings: images to embeddings as OpenAI's clients ask for them, with data URIs in the place of texts. */
import { Type } from '@sinclair/typebox';
import { embedImages, normalized, toBase64 } from '../engine/embed.js';
import { ApiError } from '../errors.js';
import { imageBytes } from '../input/base64.js';
import { IMAGES_ALLOWED } from '../limits.js';
import { defineRoute } from './route.js';
import { closed, IMAGE_ERRORS, ModelReference, optionsOf } from './schemas.js';

const Image = Type.String({ description: 'an image file as a data URI or as base64' });

export default defineRoute({
  name: 'embeddings',
  method: 'post',
  path: '/v1/embeddings',
  family: 'openai',
  computes: true,
  body: 'json',
  images: IMAGES_ALLOWED,
  summary: 'embeddings of images, for clients of OpenAI',
  description: 'Embeddings have Euclidean length 1. Texts are refused: this server embeds images.',
  options: optionsOf({
    model: ModelReference,
    input: Type.Union([Image, Type.Array(Image, { minItems: 1, maxItems: 2048 })], { description: 'one image, or a list of them' }),
    encoding_format: Type.Union([Type.Literal('float'), Type.Literal('base64')], {
      default: 'float',
      description: 'numbers, or base64 of little-endian float32',
    }),
    dimensions: Type.Optional(Type.Integer({ minimum: 1, description: 'must be the size of the embedding, if it is given' })),
    user: Type.Optional(Type.String({ maxLength: 1000, description: 'not used' })),
    modality: Type.Optional(Type.Literal('image', { description: 'what the input is' })),
  }),
  response: Type.Object(
    {
      object: Type.Literal('list'),
      data: Type.Array(
        Type.Object({ object: Type.Literal('embedding'), index: Type.Integer(), embedding: Type.Union([Type.Array(Type.Number()), Type.String()]) }, closed),
      ),
      model: Type.String(),
      usage: Type.Object({ prompt_tokens: Type.Integer(), total_tokens: Type.Integer() }, { ...closed, description: 'images have no tokens: 0' }),
    },
    closed,
  ),
  errors: IMAGE_ERRORS,
  async handle({ options }, context) {
    const model = context.model(options.model);
    const list = Array.isArray(options.input);
    const nameOf = (i: number) => (list ? `input[${i}]` : 'input');
    const images = (list ? (options.input as string[]) : [options.input as string]).map((text, i) => imageBytes(text, nameOf(i)));
    const prepared = await context.prepare(model, { images, list, tensor: null, nameOf });
    const embeddings = (await embedImages(model, prepared, context.call())).map(normalized);
    const size = embeddings[0]!.length;
    if (options.dimensions !== undefined && options.dimensions !== size)
      throw new ApiError('bad_input', `dimensions is ${options.dimensions}; embeddings of ${model.id} have ${size}.`, { field: 'dimensions' });
    return {
      object: 'list' as const,
      data: embeddings.map((embedding, index) => ({
        object: 'embedding' as const,
        index,
        embedding: options.encoding_format === 'base64' ? toBase64(embedding) : Array.from(embedding),
      })),
      model: model.id,
      usage: { prompt_tokens: 0, total_tokens: 0 },
    };
  },
});
