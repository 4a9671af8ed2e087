/** @file The schema of `evaluation.json`: what an encoder with its linear heads scored, clean and under attack. */
import { Type, type Static } from '@sinclair/typebox';
import { AuditResult } from './audit.js';
import { CropSchemeName } from './manifest.js';

/** Bumped when a reader of the old form would misread the new one. */
export const EVALUATION_SCHEMA_VERSION = 1;

const closed = { additionalProperties: false } as const;

export const EvaluationResult = Type.Object(
  {
    threatModel: Type.String({ description: 'name of the threat model: head and threat in one word' }),
    head: Type.Union([Type.Literal('image'), Type.Literal('aggregate')]),
    threat: Type.Union([Type.Literal('image'), Type.Literal('crops')], {
      description: 'what the adversary may change: the image, or every crop of it by itself',
    }),
    crops: Type.Union([Type.Object({ count: Type.Integer({ minimum: 1 }), scheme: CropSchemeName, seed: Type.Integer({ minimum: 0 }) }, closed), Type.Null()]),
    ...AuditResult.properties,
  },
  closed,
);

export const NeighbourScore = Type.Object(
  {
    k: Type.Integer({ minimum: 1 }),
    temperature: Type.Number({ exclusiveMinimum: 0, description: 'votes weigh exp(cosine / temperature)' }),
    bank: Type.Integer({ minimum: 1, description: 'training images that vote' }),
    accuracy: Type.Number({ minimum: 0, maximum: 1 }),
    interval: Type.Tuple([Type.Number(), Type.Number()], { description: 'exact 95 % interval' }),
  },
  closed,
);
export type NeighbourScore = Static<typeof NeighbourScore>;

export const EvaluationReport = Type.Object(
  {
    schema: Type.Literal('robenc/evaluation'),
    schemaVersion: Type.Literal(EVALUATION_SCHEMA_VERSION),
    createdAt: Type.String({ description: 'UTC time in ISO 8601' }),
    seconds: Type.Number({ minimum: 0 }),
    source: Type.String({ description: 'run, package or file that was evaluated' }),
    encoderDigest: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the encoder file, or of the parameters and running statistics of a run' }),
    data: Type.Object(
      {
        name: Type.String(),
        split: Type.String(),
        images: Type.Integer({ minimum: 1 }),
        height: Type.Integer(),
        width: Type.Integer(),
        classes: Type.Array(Type.String()),
      },
      closed,
    ),
    seed: Type.Integer({ minimum: 0 }),
    device: Type.String(),
    threats: Type.Record(Type.String(), Type.String(), { description: 'threat model by name: what it means' }),
    results: Type.Array(EvaluationResult, { minItems: 1 }),
    neighbours: Type.Optional(NeighbourScore),
    warnings: Type.Array(Type.String()),
  },
  closed,
);
export type EvaluationResult = Static<typeof EvaluationResult>;
export type EvaluationReport = Static<typeof EvaluationReport>;
