/** @file ResNet-18 for 32x32 images with the projector of EMP-SSL, as in the paper. */
import { resnet } from './resnet.js';

/** 64, 128, 256 and 512 channels, two blocks each; 512 to 4096 to 4096 to 1024 by default. 34 million parameters. */
export const resnet18Cifar = resnet('resnet18-cifar', 'ResNet-18 with a 3x3 stem for small images; needs a GPU or patience', {
  stem: 'small',
  block: 'basic',
  blocks: [2, 2, 2, 2],
});
