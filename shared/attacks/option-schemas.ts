/** @file The options that many attacks share, as schemas. */
import { Type, type TLiteral, type TUnion } from '@sinclair/typebox';
import type { NormName } from './norms.js';

export const epsilonOption = Type.Number({ minimum: 0, description: 'radius of the ball, in pixels of [0,1]' });

/** The norms that an attack knows; the first is the default. */
export function normOption<const N extends readonly NormName[]>(...names: N) {
  return Type.Optional(
    Type.Union(
      names.map((name) => Type.Literal(name)),
      { description: `norm of the ball; ${names[0]!}` },
    ) as unknown as TUnion<[TLiteral<N[number]>]>,
  );
}

export const earlyStopOption = Type.Optional(Type.Boolean({ description: 'stop working on an image at its first misclassified point in the ball; true' }));
export const restartsOption = Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, description: 'runs from other random starts; 1' }));

/** A whole number of something, with its default in words. */
export function countOption(description: string, maximum = 100_000) {
  return Type.Optional(Type.Integer({ minimum: 1, maximum, description }));
}
