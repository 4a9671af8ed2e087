/** @file ResNet-34 for small images. */
import { resnet } from './resnet.js';

export const resnet34Cifar = resnet('resnet34-cifar', 'ResNet-34 with a 3x3 stem for small images', { stem: 'small', block: 'basic', blocks: [3, 4, 6, 3] });
