/** @file ResNet-18 as for ImageNet. */
import { resnet } from './resnet.js';

export const resnet18 = resnet('resnet18', 'ResNet-18 with the 7x7 stem, for images of 64 pixels or more', {
  stem: 'large',
  block: 'basic',
  blocks: [2, 2, 2, 2],
});
