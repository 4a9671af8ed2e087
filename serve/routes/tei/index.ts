/** @file Endpoints as text-embeddings-inference and the inference API of Hugging Face have them, for images. */
import { Type } from '@sinclair/typebox';
import { version } from '@robenc/shared/version.js';
import { classifyImages, topPredictions } from '../../engine/classify.js';
import { cosine, embedImages, normalized } from '../../engine/embed.js';
import { Reply } from '../../http/reply.js';
import { imageBytes } from '../../input/base64.js';
import { parseEnvelope } from '../../input/envelope.js';
import { check } from '@robenc/shared/config/check.js';
import { IMAGES_ALLOWED } from '../../limits.js';
import { defineRoute, type Route, type RouteContext, type RouteRequest, type Sent } from '../route.js';
import { closed, IMAGE_ERRORS, ModelReference, optionsOf } from '../schemas.js';

const Image = Type.String({ description: 'an image file as a data URI or as base64' });
const Images = Type.Union([Image, Type.Array(Image, { minItems: 1, maxItems: 2048 })], { description: 'one image, or a list of them' });
const Scored = Type.Array(Type.Object({ score: Type.Number(), label: Type.String() }, closed));

/** Texts of a request as images. */
function sent(inputs: string | readonly string[], nameOf = (i: number) => (typeof inputs === 'string' ? 'inputs' : `inputs[${i}]`)): Sent {
  const list = typeof inputs !== 'string';
  const images = (list ? inputs : [inputs]).map((text, i) => imageBytes(text, nameOf(i)));
  return { images, list, tensor: null, nameOf };
}

/** Of the images of a comparison, the one before the others. */
function comparedName(i: number): string {
  return i === 0 ? 'inputs.source_sentence' : `inputs.sentences[${i - 1}]`;
}

const embed = defineRoute({
  name: 'tei_embed',
  method: 'post',
  path: '/embed',
  family: 'tei',
  computes: true,
  body: 'json',
  images: IMAGES_ALLOWED,
  summary: 'embeddings of images, for clients of text-embeddings-inference',
  options: optionsOf({
    inputs: Images,
    normalize: Type.Boolean({ default: true, description: 'scale each embedding to Euclidean length 1' }),
    truncate: Type.Optional(Type.Boolean({ description: 'for texts; not used' })),
    model: ModelReference,
  }),
  response: Type.Array(Type.Array(Type.Number())),
  errors: IMAGE_ERRORS,
  async handle({ options }, context) {
    const model = context.model(options.model);
    const raw = await embedImages(model, await context.prepare(model, sent(options.inputs)), context.call());
    return Reply.json((options.normalize ? raw.map(normalized) : raw).map((row) => Array.from(row)));
  },
});

const similarity = defineRoute({
  name: 'tei_similarity',
  method: 'post',
  path: '/similarity',
  family: 'tei',
  computes: true,
  body: 'json',
  images: IMAGES_ALLOWED,
  summary: 'the cosine of one image with others, for clients of text-embeddings-inference',
  options: optionsOf({
    inputs: Type.Object({ source_sentence: Image, sentences: Type.Array(Image, { minItems: 1, maxItems: 2048 }) }, closed),
    model: ModelReference,
  }),
  response: Type.Array(Type.Number()),
  errors: IMAGE_ERRORS,
  async handle({ options }, context) {
    const model = context.model(options.model);
    const { source_sentence: source, sentences } = options.inputs;
    const [first, ...others] = await embedImages(model, await context.prepare(model, sent([source, ...sentences], comparedName)), context.call());
    return Reply.json(others.map((other) => cosine(first!, other)));
  },
});

/** Bytes of an image, or JSON {"inputs": base64, "parameters": {"top_k"}}, as the clients of Hugging Face send both. */
const ClassifyBody = Type.Object(
  {
    inputs: Image,
    parameters: Type.Optional(
      Type.Object(
        {
          top_k: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
          function_to_apply: Type.Optional(Type.Union([Type.Literal('softmax'), Type.Literal('none')])),
        },
        closed,
      ),
    ),
  },
  closed,
);

async function classify({ raw, options }: RouteRequest<{ model?: string }>, context: RouteContext): Promise<Reply> {
  const json = (context.request.headers['content-type'] ?? '').startsWith('application/json');
  const body = json ? check(ClassifyBody, parseEnvelope(raw!, 4_096), 'request') : null;
  const model = context.model(options.model);
  const images = await context.prepare(model, body === null ? { images: [raw!], list: false, tensor: null } : sent(body.inputs));
  const [logits] = await classifyImages(model, images, context.call());
  const top = topPredictions(model, logits!, body?.parameters?.top_k ?? 5);
  const plain = body?.parameters?.function_to_apply === 'none';
  return Reply.json(top.map(({ index, label, probability }) => ({ score: plain ? logits![index]! : probability, label })));
}

function classification(name: string, path: string): Route {
  return defineRoute({
    name,
    method: 'post',
    path,
    family: 'tei',
    computes: true,
    body: 'raw',
    images: 1,
    jsonBody: ClassifyBody,
    summary: 'classes of an image, for clients of Hugging Face',
    options: optionsOf({ model: ModelReference }),
    response: Scored,
    errors: IMAGE_ERRORS,
    handle: classify,
  });
}

const info = defineRoute({
  name: 'tei_info',
  method: 'get',
  path: '/info',
  family: 'tei',
  summary: 'what is served, for clients of text-embeddings-inference',
  options: optionsOf({}),
  response: Type.Object(
    {
      model_id: Type.String(),
      model_sha: Type.String(),
      model_dtype: Type.String(),
      version: Type.String(),
      max_client_batch_size: Type.Integer(),
      max_concurrent_requests: Type.Integer(),
    },
    closed,
  ),
  errors: ['bad_input', 'model_not_found'],
  handle(_request, { engine, limits }) {
    const model = engine.models.entries[0]?.model ?? engine.models.get(undefined);
    return Promise.resolve({
      model_id: model.id,
      model_sha: model.digest,
      model_dtype: 'float32',
      version,
      max_client_batch_size: limits.maxImages,
      max_concurrent_requests: limits.queueLimit,
    });
  },
});

export const teiRoutes: readonly Route[] = [
  embed,
  similarity,
  info,
  classification('hf_classify', '/pipeline/image-classification'),
  classification('hf_root', '/'),
];
