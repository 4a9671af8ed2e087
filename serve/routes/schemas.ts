/** @file Pieces that requests and answers of several routes share. */
import { Type, type TProperties } from '@sinclair/typebox';

/** What can go wrong where images are computed with. */
export const IMAGE_ERRORS = [
  'bad_input',
  'bad_image',
  'model_not_found',
  'too_large',
  'unsupported_media_type',
  'overloaded',
  'unavailable',
  'deadline_exceeded',
] as const;

export const closed = { additionalProperties: false } as const;

/** Options of a request: an object that takes nothing else. */
export function optionsOf<P extends TProperties>(properties: P) {
  return Type.Object(properties, closed);
}

export const ModelReference = Type.Optional(
  Type.String({ minLength: 1, maxLength: 200, description: 'which model: name, or name@version. May be left out where all that is served has one name.' }),
);

export const Seed = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  default: 0,
  description: 'seed of all chance in this request; the same request with the same seed gets the same answer',
});

export const ModelIdentity = Type.Object(
  {
    name: Type.String(),
    version: Type.String(),
    digest: Type.String({ description: 'SHA-256 of the package manifest, which holds the digests of all its files' }),
  },
  { ...closed, description: 'which model answered' },
);

export const RequestId = Type.String({ description: 'id of this request, also in the x-request-id header and the log' });

export const PredictionSchema = Type.Object(
  { index: Type.Integer({ minimum: 0 }), label: Type.String(), probability: Type.Number({ minimum: 0, maximum: 1, description: 'softmax of the logits' }) },
  closed,
);

export const ImageSize = Type.Object(
  { width: Type.Integer({ minimum: 1 }), height: Type.Integer({ minimum: 1 }) },
  { ...closed, description: 'size of the image as sent, in pixels, after its EXIF orientation; the model sees it fitted to its own size' },
);
