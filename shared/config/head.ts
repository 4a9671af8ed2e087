/** @file The schema of a linear head file: weights on the embeddings of one encoder, and what they were fitted on. */
import { Type, type Static } from '@sinclair/typebox';
import { CropSchemeName } from './manifest.js';

/** Bumped when a reader of the old form would misread the new one. */
export const HEAD_SCHEMA_VERSION = 1;

const closed = { additionalProperties: false } as const;
const share = Type.Number({ minimum: 0, maximum: 1 });

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
        neighbourAccuracy: Type.Union([share, Type.Null()], { description: 'of 20 nearest neighbours on the held-out fifth: the encoder without a head' }),
      },
      closed,
    ),
  },
  closed,
);
export type HeadFile = Static<typeof HeadFile>;
export type HeadKind = HeadFile['kind'];
