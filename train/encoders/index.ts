/** @file The table of encoders. */
import { table } from '@robenc/shared/table.js';
import type { Encoder } from './encoder.js';
import { resnetSmall } from './resnet-small.js';
import { resnet18Cifar } from './resnet18-cifar.js';

export const encoders = table<Encoder>('encoder', [resnetSmall, resnet18Cifar]);
