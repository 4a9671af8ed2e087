/** @file What a robustness check is asked and answers. */
import { Type, type Static, type TSchema } from '@sinclair/typebox';
import { attacks } from '@robenc/shared/attacks/index.js';
import { CropSchemeName } from '@robenc/shared/config/manifest.js';
import { threats } from '../engine/threats/index.js';
import { closed, ModelReference, optionsOf, PredictionSchema, Seed } from './schemas.js';

/** Names of the attacks that can do with what the server computes. */
export const USABLE = attacks.entries.filter(({ needsMargins }) => needsMargins !== true).map(({ name }) => name);

/** What holds where an option is not given that has a meaning beside another only. Not in the schema, so that one that was given can be told from one that was not. */
export const UNSAID = { tolerance: 0.0005, draws: 1000, alpha: 0.001 } as const;

function orNull<T extends TSchema>(schema: T, description: string) {
  return Type.Union([schema, Type.Null()], { description });
}

const Distance = Type.Union([
  Type.Number({ minimum: 0, description: 'a number of 0 or more, in linf at most 1' }),
  Type.String({ maxLength: 40, description: 'a fraction such as "8/255"' }),
]);
const Label = Type.Union([Type.String({ maxLength: 2000, description: 'a class name' }), Type.Integer({ minimum: 0, description: 'the index of a class' })]);

export const RobustnessOptions = optionsOf({
  model: ModelReference,
  threat: Type.Union(
    threats.entries.map(({ name }) => Type.Literal(name)),
    { default: 'image', description: 'what is attacked, and what the attacker may change' },
  ),
  crops: Type.Optional(Type.Integer({ minimum: 1, maximum: 64, description: 'of threat models about crops: how many; as the head was fitted' })),
  scheme: Type.Optional(Type.Union(CropSchemeName.anyOf, { description: 'of threat models about crops: how they are drawn; as the head was fitted' })),
  threshold: Type.Optional(
    Type.Number({
      exclusiveMinimum: 0,
      description: 'of threat models about embeddings: from which distance on an image is not robust; to the nearest other image of the request',
    }),
  ),
  epsilon: Type.Optional(Type.Union(Distance.anyOf, { description: 'radius of the attack in pixels of [0,1]: a number or a fraction such as "8/255"' })),
  epsilons: Type.Optional(Type.Array(Distance, { minItems: 1, maxItems: 16, description: 'instead of epsilon: several radii' })),
  norm: Type.Optional(
    Type.Union([Type.Literal('linf'), Type.Literal('l2')], { description: 'how a change is measured: its greatest value, or its length; linf' }),
  ),
  smallest: Type.Boolean({ default: false, description: 'also look for the smallest radius at which the attack succeeds, by halving' }),
  tolerance: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1, description: `with smallest: how exactly to find it; ${UNSAID.tolerance}` })),
  quantized: Type.Boolean({ default: false, description: 'count only what is still found after rounding to 8 bits within the ball; for linf' }),
  sigma: Type.Optional(
    Type.Number({ exclusiveMinimum: 0, maximum: 10, description: 'also certify by randomised smoothing with normal noise of this deviation' }),
  ),
  draws: Type.Optional(
    Type.Integer({ minimum: 10, maximum: 100000, description: `with sigma: noisy copies that are counted for the certificate; ${UNSAID.draws}` }),
  ),
  alpha: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 0.5, description: `with sigma: how often the certificate may be wrong; ${UNSAID.alpha}` })),
  adversarialArray: Type.Boolean({ default: false, description: 'also give the adversarial image as base64 of an .npy file, float32 [1,3,H,W]' }),
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

export type RobustnessOptions = Static<typeof RobustnessOptions>;

export const Result = Type.Object(
  {
    verdict: Type.Union([Type.Literal('misclassified'), Type.Literal('not robust'), Type.Literal('not proven robust')], {
      description:
        '"misclassified": wrong without any attack; "not robust": an image within epsilon is classified otherwise, or its embedding moves as far as the threshold; "not proven robust": this attack found none, which proves nothing about others',
    }),
    label: orNull(
      Type.Object({ index: Type.Integer(), label: Type.String(), source: Type.Union([Type.Literal('request'), Type.Literal('prediction')]) }, closed),
      'the class that was attacked; null where the threat model needs none',
    ),
    clean: orNull(PredictionSchema, 'null where the model has no classes'),
    adversarial: orNull(PredictionSchema, 'null where the model has no classes'),
    embedding: orNull(
      Type.Object(
        {
          measure: Type.Union([Type.Literal('distance'), Type.Literal('cosine')]),
          distance: Type.Number({ minimum: 0, description: 'of the adversarial embedding from the clean one: Euclidean, or one minus the cosine' }),
          threshold: Type.Number({ exclusiveMinimum: 0, description: 'from here on an image is not robust' }),
        },
        closed,
      ),
      'of threat models about embeddings',
    ),
    flipped: Type.Boolean({ description: 'whether the adversarial prediction differs from the clean one' }),
    loss: orNull(Type.Object({ before: Type.Number(), after: Type.Number() }, closed), 'cross-entropy with the attacked class'),
    embeddingCosineShift: orNull(
      Type.Number({ minimum: 0, maximum: 2 }),
      '1 - cosine between the embeddings of the clean and the adversarial image; null where the model has no encoder',
    ),
    linf: Type.Number({ minimum: 0, description: 'greatest change of a pixel' }),
    l2: Type.Number({ minimum: 0, description: 'Euclidean length of the change' }),
    gradientEvaluations: Type.Integer({ minimum: 0 }),
    warnings: Type.Array(Type.String()),
    adversarialImage: Type.Union([
      Type.Object(
        {
          png: Type.String({ description: 'base64' }),
          prediction: orNull(PredictionSchema, 'null where the model has no classes'),
          linf: Type.Number({ minimum: 0 }),
        },
        { ...closed, description: 'as stored in 8 bits, whose rounding may undo a flip' },
      ),
      Type.Null(),
    ]),
    adversarialArray: Type.Union([Type.String({ description: 'base64 of an .npy file, which /v1/classify takes' }), Type.Null()]),
    radii: Type.Array(
      Type.Object(
        {
          epsilon: Type.Number(),
          verdict: Type.Union([Type.Literal('misclassified'), Type.Literal('not robust'), Type.Literal('not proven robust')]),
          adversarial: orNull(Type.Integer(), 'the class at the worst point that was found; null where there are no classes'),
          linf: Type.Number(),
          l2: Type.Number(),
        },
        closed,
      ),
      { description: 'for each radius, ascending; the fields above are those of the largest' },
    ),
    smallest: Type.Union([Type.Object({ broken: Type.Number(), unbroken: Type.Number() }, closed), Type.Null()], {
      description: 'the smallest radius tried at which the attack succeeded, and the largest below at which it did not; null where it never did',
    }),
    certificate: Type.Union([
      Type.Object(
        {
          index: Type.Integer({ description: 'class of the smoothed classifier; -1 where it abstains' }),
          probability: Type.Number({ description: 'lower bound of its probability under noise' }),
          radius: Type.Union([Type.Number(), Type.Null()], { description: 'Euclidean radius within which the smoothed classifier keeps it' }),
        },
        closed,
      ),
      Type.Null(),
    ]),
  },
  closed,
);
export type Result = Static<typeof Result>;
