/** @file The table of encoders. */
import { table } from '@robenc/shared/table.js';
import type { Encoder } from './encoder.js';
import { onnxEncoder } from './onnx/onnx.js';
import { resnetSmall } from './resnet-small.js';
import { resnet18 } from './resnet18.js';
import { resnet18Cifar } from './resnet18-cifar.js';
import { resnet34Cifar } from './resnet34-cifar.js';
import { resnet50 } from './resnet50.js';
import { vitSmall } from './vit-small.js';

export const encoders = table<Encoder>('encoder', [resnetSmall, resnet18Cifar, resnet18, resnet34Cifar, resnet50, vitSmall, onnxEncoder]);
