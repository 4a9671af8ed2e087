/** @file POST /v1/robustness: attacks an image on the fly and tells what came of it. */
import { Type, type Static } from '@sinclair/typebox';
import { attacks } from '@robenc/shared/attacks/index.js';
import { check } from '@robenc/shared/config/check.js';
import { parseEpsilon } from '@robenc/shared/config/epsilon.js';
import type { AttackOptions } from '@robenc/shared/attacks/attack.js';
import { classIndex, identityOf, type ServedModel } from '../engine/model.js';
import { checkRobustness, type RobustnessResult } from '../engine/robustness.js';
import { ApiError } from '../errors.js';
import { defineRoute } from './route.js';
import { closed, ModelIdentity, ModelReference, optionsOf, PredictionSchema, RequestId, Seed } from './schemas.js';

/** Names of the attacks that can do with what the server computes. */
const USABLE = attacks.entries.filter(({ needsMargins }) => needsMargins !== true).map(({ name }) => name);

const Distance = Type.Union([
  Type.Number({ minimum: 0, maximum: 1, description: 'a number from 0 to 1' }),
  Type.String({ maxLength: 40, description: 'a fraction such as "8/255"' }),
]);
const Label = Type.Union([Type.String({ maxLength: 2000, description: 'a class name' }), Type.Integer({ minimum: 0, description: 'the index of a class' })]);

const Options = optionsOf({
  model: ModelReference,
  epsilon: Type.Union(Distance.anyOf, { description: 'Linf radius of the attack in pixels of [0,1]: a number or a fraction such as "8/255"' }),
  attack: Type.String({ default: 'pgd', description: `one of: ${USABLE.join(', ')}` }),
  steps: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: 'steps of the attack' })),
  stepSize: Type.Optional(Type.Union(Distance.anyOf, { description: 'length of a step, as epsilon' })),
  randomStart: Type.Optional(Type.Boolean({ description: 'start at a random point of the ball' })),
  restarts: Type.Optional(Type.Integer({ minimum: 1, maximum: 20, description: 'runs from other random starts' })),
  queries: Type.Optional(Type.Integer({ minimum: 1, maximum: 10000, description: 'points that the attack square tries; its cost' })),
  seed: Seed,
  label: Type.Optional(
    Type.Union(Label.anyOf, { description: 'the true class, by name or index. Without it the attack is against what the model says about the clean image.' }),
  ),
  labels: Type.Optional(Type.Array(Label, { minItems: 1, maxItems: 16, description: 'the true class of each image, where several are sent' })),
  adversarialImage: Type.Boolean({ default: false, description: 'also give the adversarial image, as base64 of an 8-bit PNG' }),
});

const Result = Type.Object(
  {
    verdict: Type.Union([Type.Literal('misclassified'), Type.Literal('not robust'), Type.Literal('not proven robust')], {
      description:
        '"misclassified": wrong without any attack; "not robust": an image within epsilon is misclassified; "not proven robust": this attack found none, which proves nothing about others',
    }),
    label: Type.Object(
      { index: Type.Integer(), label: Type.String(), source: Type.Union([Type.Literal('request'), Type.Literal('prediction')]) },
      { ...closed, description: 'the class that was attacked' },
    ),
    clean: PredictionSchema,
    adversarial: PredictionSchema,
    flipped: Type.Boolean({ description: 'whether the adversarial prediction differs from the clean one' }),
    loss: Type.Object({ before: Type.Number(), after: Type.Number() }, { ...closed, description: 'cross-entropy with the attacked class' }),
    embeddingCosineShift: Type.Number({ minimum: 0, maximum: 2, description: '1 - cosine between the embeddings of the clean and the adversarial image' }),
    linf: Type.Number({ minimum: 0, description: 'greatest change of a pixel' }),
    l2: Type.Number({ minimum: 0, description: 'Euclidean length of the change' }),
    gradientEvaluations: Type.Integer({ minimum: 0 }),
    warnings: Type.Array(Type.String()),
    adversarialImage: Type.Union([
      Type.Object(
        { png: Type.String({ description: 'base64' }), prediction: PredictionSchema, linf: Type.Number({ minimum: 0 }) },
        { ...closed, description: 'as stored in 8 bits, whose rounding may undo a flip' },
      ),
      Type.Null(),
    ]),
  },
  closed,
);

export default defineRoute({
  name: 'robustness',
  method: 'post',
  path: '/v1/robustness',
  summary: 'whether an attack changes what the model says about an image',
  description:
    'A white-box attack on the image as the model sees it (fitted to the input size), within an Linf ball around it. The answer can show that an image is not robust; it can never show that it is.',
  options: Options,
  images: 16,
  response: Type.Object(
    {
      model: ModelIdentity,
      requestId: RequestId,
      attack: Type.Object(
        { name: Type.String(), options: Type.Record(Type.String(), Type.Unknown()), seed: Type.Integer() },
        { ...closed, description: 'what was run, all defaults filled in' },
      ),
      threat: Type.Object(
        { model: Type.Literal('image'), norm: Type.String(), epsilon: Type.Number() },
        { ...closed, description: 'what the attacker may change' },
      ),
      results: Type.Array(Result, { description: 'one per image, in the order they were sent' }),
      statement: Type.String({ description: 'what these results do and do not say' }),
    },
    closed,
  ),
  errors: ['bad_input', 'bad_image', 'model_not_found', 'too_large', 'unsupported_media_type', 'overloaded', 'unavailable', 'deadline_exceeded'],
  async handle({ options, ...request }, context) {
    const model = context.model(options.model);
    const attack = attackOf(options.attack);
    const attackOptions = attack.complete(attackOptionsOf(options, attack.name));
    const labels = labelsOf(options, request.images.length, model);
    const images = await context.prepare(model, request);
    const job = { images, labels, attack, options: attackOptions, seed: options.seed, adversarialImages: options.adversarialImage };
    const results = await checkRobustness(model, job, context.call('background'));
    const { norm = 'linf' } = attackOptions as AttackOptions & { norm?: string };
    return {
      model: identityOf(model),
      requestId: context.requestId,
      attack: { name: attack.name, options: { ...attackOptions }, seed: options.seed },
      threat: { model: 'image' as const, norm, epsilon: attackOptions.epsilon },
      results: results.map(answerOf),
      statement: `An image that ${attack.name} did not break within epsilon ${attackOptions.epsilon} (${norm}) is not proven robust: a stronger attack may still succeed.`,
    };
  },
});

function attackOf(name: string) {
  if (!USABLE.includes(name)) {
    const problem = attacks.has(name)
      ? `The attack "${name}" needs gradients of margins, which the server does not compute; robenc audit does.`
      : `There is no attack "${name}".`;
    throw new ApiError('bad_input', `${problem} There are: ${USABLE.join(', ')}.`, { field: 'attack' });
  }
  return attacks.get(name);
}

/** Checked against the attack's own schema, so that an option that it does not have is refused and not ignored. */
function attackOptionsOf(options: Static<typeof Options>, name: string): AttackOptions {
  const { epsilon, stepSize, steps, randomStart, restarts, queries } = options;
  const given = {
    epsilon: parseEpsilon(epsilon),
    stepSize: stepSize === undefined ? undefined : parseEpsilon(stepSize, { field: 'stepSize' }),
    steps,
    randomStart,
    restarts,
    queries,
  };
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return check(attacks.get(name).options, present, `options of the attack ${name}`) as AttackOptions;
}

function labelsOf({ label, labels }: Static<typeof Options>, images: number, model: ServedModel): (number | null)[] {
  if (label !== undefined && labels !== undefined)
    throw new ApiError('bad_input', 'Both label and labels are given.', {
      field: 'labels',
      remedy: 'Give "label" for one image, or "labels" with one per image.',
    });
  if (labels === undefined && label === undefined) return Array.from({ length: images }, () => null);
  const all = labels ?? [label!];
  if (all.length !== images)
    throw new ApiError('bad_input', `There are ${images} images and ${all.length} labels.`, {
      field: labels === undefined ? 'label' : 'labels',
      remedy: 'Give "label" for one image, or "labels" with one per image.',
    });
  return all.map((item, i) => classIndex(model, item, labels === undefined ? 'label' : `labels[${i}]`));
}

function answerOf({ adversarialImage, warnings, ...result }: RobustnessResult): Static<typeof Result> {
  return {
    ...result,
    warnings: [...warnings],
    adversarialImage: adversarialImage === null ? null : { ...adversarialImage, png: Buffer.from(adversarialImage.png).toString('base64') },
  };
}
