/** @file POST /v1/similarity: how alike images are to the encoder. */
import { Type } from '@sinclair/typebox';
import { cosine, embedImages } from '../engine/embed.js';
import { identityOf } from '../engine/model.js';
import { IMAGES_ALLOWED } from '../limits.js';
import { defineRoute } from './route.js';
import { closed, IMAGE_ERRORS, ModelIdentity, ModelReference, optionsOf, RequestId } from './schemas.js';

export default defineRoute({
  name: 'similarity',
  method: 'post',
  path: '/v1/similarity',
  summary: 'the cosine of the embeddings of every two images',
  options: optionsOf({ model: ModelReference }),
  images: IMAGES_ALLOWED,
  response: Type.Object(
    {
      model: ModelIdentity,
      requestId: RequestId,
      similarities: Type.Array(Type.Array(Type.Number({ minimum: -1.000001, maximum: 1.000001 })), {
        description: 'row i, column j: the cosine of images i and j, in the order they were sent; 0 where an embedding is zero',
      }),
    },
    closed,
  ),
  errors: IMAGE_ERRORS,
  async handle({ options, ...request }, context) {
    const model = context.model(options.model);
    const images = await context.prepare(model, request);
    const embeddings = await embedImages(model, images, context.call());
    return {
      model: identityOf(model),
      requestId: context.requestId,
      similarities: embeddings.map((a) => embeddings.map((b) => cosine(a, b))),
    };
  },
});
