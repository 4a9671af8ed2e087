/** @file A package of a small random encoder with both heads and the one-file attack, as an export writes it. */
import type { GraphRole } from '@robenc/shared/config/manifest.js';
import { cardText } from '@robenc/shared/deploy/card.js';
import { stageGolden } from '@robenc/shared/deploy/golden.js';
import { packageGraphs, stageGraphs } from '@robenc/shared/deploy/graphs.js';
import { Staging, type PackageDescription, type WrittenPackage } from '@robenc/shared/package/stage.js';
import { EMBEDDING, randomHead, SIZE, smallEncoder } from '../evaluation/small-encoder.js';
import { description } from '../package/packages.js';

export const CROPS = 3;

export async function writeSmallPackage(models: string, seed = 1): Promise<WrittenPackage> {
  const graphs = packageGraphs({ encoder: smallEncoder(seed), head: randomHead(seed), aggregate: { head: randomHead(seed + 1), crops: CROPS } });
  const staging = new Staging(models, 'small');
  try {
    stageGraphs(staging, graphs, { attack: true, metadata: (graph) => ({ graph }), producerVersion: 'test' });
    await stageGolden(staging, [...(Object.keys(graphs) as GraphRole[]), 'attack'], 4);
    const manifest: PackageDescription = {
      ...description,
      input: { ...description.input, height: SIZE, width: SIZE },
      classes: ['a', 'b', 'c', 'd'],
      embeddingSize: EMBEDDING,
      heads: { image: { fittedOn: 'nothing' }, aggregate: { crops: CROPS, scheme: 'crops', fittedOn: 'nothing' } },
    };
    staging.put('card', cardText(staging.manifest('0', manifest)));
    return staging.publish({ version: 'auto', manifest });
  } finally {
    staging.discard();
  }
}
