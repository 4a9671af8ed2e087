/** @file ResNet-50 as for ImageNet. */
import { resnet } from './resnet.js';

export const resnet50 = resnet('resnet50', 'ResNet-50 (bottlenecks) with the 7x7 stem, for images of 64 pixels or more', {
  stem: 'large',
  block: 'bottleneck',
  blocks: [3, 4, 6, 3],
});
