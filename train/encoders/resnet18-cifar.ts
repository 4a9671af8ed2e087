/** @file ResNet-18 for 32x32 images with the projector of EMP-SSL, as in the paper. */
import { Type } from '@sinclair/typebox';
import { inputOptions } from './input.js';
import { residualEncoder } from './residual-encoder.js';

const config = Type.Object(
  {
    embedding: Type.Integer({ default: 4096, minimum: 1, description: 'size of the embedding' }),
    projection: Type.Integer({ default: 1024, minimum: 2, description: 'size of the projection' }),
    ...inputOptions,
  },
  { additionalProperties: false },
);

/** 64, 128, 256 and 512 channels, two blocks each; 512 to 4096 to 4096 to 1024 by default. 34 million parameters. */
export const resnet18Cifar = residualEncoder(
  { name: 'resnet18-cifar', summary: 'ResNet-18 with a 3x3 stem for small images; needs a GPU or patience', config },
  () => ({
    widths: [64, 128, 256, 512],
    blocks: 2,
  }),
);
