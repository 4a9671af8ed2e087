/** @file A small residual network that trains on a CPU in minutes. */
import { Type } from '@sinclair/typebox';
import { inputOptions } from './input.js';
import { residualEncoder } from './residual-encoder.js';

const config = Type.Object(
  {
    widths: Type.Array(Type.Integer({ minimum: 1 }), {
      default: [16, 32, 64],
      minItems: 1,
      description: 'channels of each stage; all but the first halve the image',
    }),
    blocks: Type.Integer({ default: 1, minimum: 1, description: 'residual blocks per stage' }),
    embedding: Type.Integer({ default: 512, minimum: 1, description: 'size of the embedding' }),
    projection: Type.Integer({ default: 128, minimum: 2, description: 'size of the projection' }),
    ...inputOptions,
  },
  { additionalProperties: false },
);

export const resnetSmall = residualEncoder(
  { name: 'resnet-small', summary: 'small ResNet for CPUs with sizes of your choice', config },
  ({ widths, blocks }) => ({ widths, blocks: widths.map(() => blocks), block: 'basic', stem: 'small' }),
);
