/** @file The table of kernels that can be traced. */
import { table } from '@robenc/shared/table.js';
import type { Kernel } from '../kernel.js';
import { blocks } from './blocks.js';
import { convolution } from './convolution.js';
import { creation } from './creation.js';
import { elementwise } from './elementwise.js';
import { matmul } from './matmul.js';
import { movement } from './movement.js';
import { normalization } from './normalization.js';
import { pooling } from './pooling.js';
import { reduction } from './reduction.js';
import { resizing } from './resizing.js';
import { selection } from './selection.js';
import { slicing } from './slicing.js';

export const kernels = table<Kernel>('kernel', [
  ...elementwise,
  ...matmul,
  ...convolution,
  ...pooling,
  ...reduction,
  ...movement,
  ...slicing,
  ...creation,
  ...normalization,
  ...resizing,
  ...blocks,
  ...selection,
]);
