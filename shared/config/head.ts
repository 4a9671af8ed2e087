/** @file The schema of a linear head file: weights on the embeddings of one encoder, and what they were fitted on. */
import { Type, type Static } from '@sinclair/typebox';
import { CropSchemeName } from './manifest.js';

/** Bumped when a reader of the old form would misread the new one. */
export const HEAD_SCHEMA_VERSION = 1;

const closed = { additionalProperties: false } as const;
const share = Type.Number({ minimum: 0, maximum: 1 });

/** How a head was fitted in epochs of small batches. */
export const HeadProtocol = Type.Object(
  {
    solver: Type.String(),
    learningRate: Type.Number({ exclusiveMinimum: 0, description: 'at the start; it falls along half a cosine' }),
    batchSize: Type.Integer({ minimum: 1 }),
    phases: Type.Array(Type.Object({ kind: Type.Union([Type.Literal('clean'), Type.Literal('robust')]), epochs: Type.Integer({ minimum: 1 }) }, closed), {
      minItems: 1,
      description: 'epochs on clean images, and on images that PGD attacks through encoder and head anew before each epoch',
    }),
    adversary: Type.Union([
      Type.Object({ epsilon: Type.Number(), steps: Type.Integer(), stepSize: Type.Number(), randomStart: Type.Boolean() }, closed),
      Type.Null(),
    ]),
  },
  closed,
);
export type HeadProtocol = Static<typeof HeadProtocol>;

export const HeadFile = Type.Object(
  {
    schema: Type.Literal('robenc/head'),
    schemaVersion: Type.Literal(HEAD_SCHEMA_VERSION),
    /** `image`: embeddings of whole images; `aggregate`: means of the embeddings of crops. */
    kind: Type.Union([Type.Literal('image'), Type.Literal('aggregate')]),
    crops: Type.Union([Type.Object({ count: Type.Integer({ minimum: 1 }), scheme: CropSchemeName }, closed), Type.Null()]),
    encoderDigest: Type.String({
      pattern: '^[0-9a-f]{64}$',
      description: 'what the head belongs to: SHA-256 of the encoder file, or of the parameters and running statistics of a run',
    }),
    classes: Type.Array(Type.String(), { minItems: 2, description: 'class names in the order of the logits' }),
    size: Type.Integer({ minimum: 1, description: 'length of an embedding' }),
    weights: Type.String({ description: 'float32 [size, classes], row-major, little-endian, in base64' }),
    bias: Type.Array(Type.Number(), { minItems: 2 }),
    fit: Type.Object(
      {
        data: Type.String({ description: 'data set and split' }),
        images: Type.Integer({ minimum: 1 }),
        seed: Type.Integer({ minimum: 0 }),
        weightDecay: Type.Number({ minimum: 0 }),
        trainAccuracy: share,
        heldOut: Type.Array(Type.Object({ weightDecay: Type.Number(), accuracy: share }, closed), {
          description: 'accuracy on a held-out fifth, per weight decay tried',
        }),
        protocol: Type.Optional(HeadProtocol),
        neighbourAccuracy: Type.Union([share, Type.Null()], { description: 'of 20 nearest neighbours on the held-out fifth: the encoder without a head' }),
      },
      closed,
    ),
  },
  closed,
);
export type HeadFile = Static<typeof HeadFile>;
export type HeadKind = HeadFile['kind'];
