/** @file The table of threat models: which head, and what of its input the adversary may change. */
import type { HeadKind } from '../config/head.js';
import { imageAt, type ImageSet } from '../data/image-set.js';
import type { Graph } from '../graph/value.js';
import { RobencError } from '../errors.js';
import { table } from '../table.js';
import { aggregateCropsGraph, aggregateImageGraph } from './classifier-graph.js';
import { cropFeeds, cutCrops, type CropPlan } from './crops.js';
import type { EncoderSource, Heads } from './encoder-source.js';
import type { ExtraFeeds } from './oracle.js';
import { groupedBatches, imageId, pixelBatches } from './pixels.js';
import type { RobustAccuracyJob } from './robust-accuracy.js';

/** A classifier to attack, and the pixels to start from. */
export interface Target {
  readonly classifier: Graph;
  readonly feeds?: ExtraFeeds;
  readonly images: RobustAccuracyJob['images'];
}

export interface ThreatModel {
  readonly name: string;
  readonly head: HeadKind;
  readonly threat: 'image' | 'crops';
  /** For reports. */
  readonly text: string;
  /** The whole-image head makes no use of the crops. Throws `not-found` when there is no such head. */
  build(models: Models, set: ImageSet, crops: CropPlan): Target;
}

/** An encoder and what was fitted on it. */
export type Models = Pick<EncoderSource, 'encoder'> & { readonly heads: Heads };

const image: ThreatModel = {
  name: 'image',
  head: 'image',
  threat: 'image',
  text: 'whole-image head; one perturbation on the image, white-box through encoder and head',
  build: ({ heads }, set) => ({ classifier: heads.image?.classifier ?? missing('image'), images: pixelBatches(set) }),
};

const aggregateImage: ThreatModel = {
  name: 'aggregate-image',
  head: 'aggregate',
  threat: 'image',
  text: 'patch-aggregate head; one perturbation on the source image, white-box through its fixed crops (bilinear, in the graph), encoder, mean and head',
  build: ({ encoder, heads }, set, crops) => ({
    classifier: aggregateImageGraph(encoder, heads.aggregate?.head ?? missing('aggregate'), crops.count, set),
    feeds: cropFeeds(crops, set),
    images: pixelBatches(set),
  }),
};

const aggregateCrops: ThreatModel = {
  name: 'aggregate-crops',
  head: 'aggregate',
  threat: 'crops',
  text: 'patch-aggregate head; an independent perturbation on every crop, white-box through encoder, mean and head: more than any change of the source image can do',
  build: ({ encoder, heads }, set, crops) => ({
    classifier: aggregateCropsGraph(encoder, heads.aggregate?.head ?? missing('aggregate'), crops.count),
    images: groupedBatches(set, crops.output, crops.count, (index) => cutCrops(crops, imageId(set, index), imageAt(set, index))),
  }),
};

export const threatModels = table<ThreatModel>('threat model', [image, aggregateImage, aggregateCrops]);

function missing(kind: HeadKind): never {
  throw new RobencError('not-found', `There is no ${kind} head to attack. Fit one with robenc fit-head, or choose other threat models with --threats.`, {
    field: 'threats',
  });
}
