/** @file POST /v1/classify: images to classes, by the whole image or by the mean of its crops. */
import { Type } from '@sinclair/typebox';
import { CropSchemeName } from '@robenc/shared/config/manifest.js';
import { classifyCrops, classifyImages, topPredictions } from '../engine/classify.js';
import { cropRequestOf } from '../engine/crop-request.js';
import { graphOf, identityOf } from '../engine/model.js';
import { IMAGES_ALLOWED } from '../limits.js';
import { defineRoute } from './route.js';
import { npyReply, wantsNpy } from '../http/npy-reply.js';
import { closed, IMAGE_ERRORS, ImageSize, ModelIdentity, ModelReference, optionsOf, PredictionSchema, RequestId } from './schemas.js';

export default defineRoute({
  name: 'classify',
  method: 'post',
  path: '/v1/classify',
  summary: 'the most probable classes of each image',
  description:
    'Without "crops" the whole image is classified. With "crops": n the image is fitted to the input size, n crops are drawn from it, their embeddings are averaged, and the patch-aggregate head classifies the mean. With "Accept: application/x-npy" the answer is a NumPy array of the logits, float32 [images, classes].',
  options: optionsOf({
    model: ModelReference,
    top: Type.Integer({ minimum: 1, maximum: 1000, default: 5, description: 'how many classes to give, best first' }),
    crops: Type.Optional(Type.Integer({ minimum: 1, maximum: 64, description: 'classify by the mean embedding of so many crops' })),
    scheme: Type.Optional(
      Type.Union(CropSchemeName.anyOf, { description: 'how crops are drawn: crops of any scale, or patches of one scale; by default as the head was fitted' }),
    ),
    seed: Type.Optional(
      Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'seed of the crops; 0. The same image and seed give the same crops.' }),
    ),
    logits: Type.Boolean({ default: false, description: 'also give the logits of all classes' }),
  }),
  images: IMAGES_ALLOWED,
  types: ['application/x-npy'],
  response: Type.Object(
    {
      model: ModelIdentity,
      requestId: RequestId,
      head: Type.Union([Type.Literal('image'), Type.Literal('aggregate')], { description: 'what the classes were read from' }),
      crops: Type.Union([Type.Object({ count: Type.Integer(), scheme: CropSchemeName, seed: Type.Integer() }, closed), Type.Null()]),
      results: Type.Array(
        Type.Object(
          { image: ImageSize, prediction: PredictionSchema, top: Type.Array(PredictionSchema), logits: Type.Optional(Type.Array(Type.Number())) },
          closed,
        ),
        { description: 'one per image, in the order they were sent' },
      ),
    },
    closed,
  ),
  errors: IMAGE_ERRORS,
  async handle({ options, ...request }, context) {
    const model = context.model(options.model);
    const crops = cropRequestOf(model, options);
    if (crops !== null) graphOf(model, 'aggregateHead');
    const images = await context.prepare(model, request, crops);
    const call = context.call();
    const logits = await (crops === null ? classifyImages : classifyCrops)(model, images, call);
    if (wantsNpy(context.request)) return npyReply(logits);
    return {
      model: identityOf(model),
      requestId: context.requestId,
      head: crops === null ? ('image' as const) : ('aggregate' as const),
      crops,
      results: images.map(({ width, height }, i) => {
        const top = topPredictions(model, logits[i]!, options.top);
        return { image: { width, height }, prediction: top[0]!, top, ...(options.logits ? { logits: Array.from(logits[i]!) } : {}) };
      }),
    };
  },
});
