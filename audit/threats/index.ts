/** @file The table of threat models of audits. */
import { table } from '@robenc/shared/table.js';
import { aggregateCrops, aggregateImage, aggregateRandom } from './aggregate.js';
import { embeddingCosine, embeddingDistance, prototypes, retrieval } from './embedding.js';
import { image } from './image.js';
import { neighbours } from './neighbours.js';
import type { AuditThreat } from './threat.js';

export const threats = table<AuditThreat>('threat model', [
  image,
  aggregateImage,
  aggregateCrops,
  aggregateRandom,
  embeddingDistance,
  embeddingCosine,
  retrieval,
  prototypes,
  neighbours,
]);
