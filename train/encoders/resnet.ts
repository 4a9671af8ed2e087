/** @file The residual networks of the literature, with the projector of EMP-SSL: sizes as in the papers, or narrower. */
import { Type, type Static } from '@sinclair/typebox';
import type { Encoder } from './encoder.js';
import { inputOptions } from './input.js';
import { residualEncoder } from './residual-encoder.js';
import type { Architecture } from './residual.js';

const config = Type.Object(
  {
    width: Type.Integer({ default: 64, minimum: 1, description: 'channels of the first stage; each further stage has twice as many' }),
    embedding: Type.Integer({ default: 4096, minimum: 1, description: 'size of the embedding' }),
    projection: Type.Integer({ default: 1024, minimum: 2, description: 'size of the projection' }),
    ...inputOptions,
  },
  { additionalProperties: false },
);

/** An encoder of four stages. */
export function resnet(
  name: string,
  summary: string,
  architecture: Pick<Architecture, 'stem' | 'block'> & { readonly blocks: readonly [number, number, number, number] },
): Encoder<Static<typeof config>> {
  return residualEncoder({ name, summary, config }, ({ width }) => ({ ...architecture, widths: [1, 2, 4, 8].map((times) => times * width) }));
}
