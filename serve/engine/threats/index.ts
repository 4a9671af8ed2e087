/** @file The table of threat models of robustness checks. */
import { table } from '@robenc/shared/table.js';
import { aggregateCrops, aggregateImage } from './aggregate.js';
import { embeddingCosine, embeddingDistance } from './embedding.js';
import { image } from './image.js';
import type { ServedThreat } from './threat.js';

export const threats = table<ServedThreat>('threat model', [image, aggregateImage, aggregateCrops, embeddingDistance, embeddingCosine]);
