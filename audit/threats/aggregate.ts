/** @file The mean over crops of a package's encoder: attacked crop by crop, or through the source image with fixed or with random crops. */
import { RobencError } from '@robenc/shared/errors.js';
import type { CropPlan } from '@robenc/shared/evaluation/crops.js';
import { imageId } from '@robenc/shared/evaluation/pixels.js';
import { threatModels } from '@robenc/shared/evaluation/threats.js';
import type { FeedPlan } from '../work/plan.js';
import { mapClasses } from '@robenc/shared/evaluation/class-map.js';
import { logitLabels } from './image.js';
import type { AuditThreat, Setup, ThreatContext } from './threat.js';

/** Per crop, as in the evaluation of the paper: an upper end of what an adversary can do. */
export const aggregateCrops: AuditThreat = {
  name: 'aggregate-crops',
  text: 'mean over crops; an independent perturbation on every crop, each within its own ball: more than any change of the source image can do',
  model: 'aggregate',
  needsLabels: true,
  build: (context) => build(context, 'aggregate-crops', () => ({ kind: 'none' })),
};

export const aggregateImage: AuditThreat = {
  name: 'aggregate-image',
  text: 'mean over crops; one perturbation on the source image, through its fixed crops, which the adversary knows',
  model: 'aggregate',
  needsLabels: true,
  build: (context) =>
    build(context, 'aggregate-image', (crops, { set }) => ({ kind: 'crops', crops, source: { height: set.height, width: set.width }, random: false })),
};

export const aggregateRandom: AuditThreat = {
  name: 'aggregate-random',
  text: 'mean over crops; one perturbation on the source image, whose crops are drawn anew for every pass: means over draws are attacked, and verdicts are votes',
  model: 'aggregate',
  needsLabels: true,
  random: true,
  build: (context) =>
    build(context, 'aggregate-image', (crops, { set }) => ({ kind: 'crops', crops, source: { height: set.height, width: set.width }, random: true })),
};

async function build(
  context: ThreatContext,
  threat: 'aggregate-crops' | 'aggregate-image',
  feeds: (crops: CropPlan, context: ThreatContext) => FeedPlan,
): Promise<Setup> {
  const { target, set, seed, plan } = context;
  const { source } = target;
  const aggregate = source?.heads().aggregate ?? null;
  if (source === null || aggregate === null)
    throw new RobencError(
      'usage',
      `${target.path} has no head for means over crops. Give a model package with one (robenc fit-head --crops), or leave --threat out.`,
      {
        field: 'threat',
      },
    );
  const crops = { ...aggregate.crops, seed, output: { height: source.size.height, width: source.size.width } };
  const logitOf = mapClasses(set.classes, plan.classNames ?? aggregate.classes, aggregate.classes.length);
  const labels = logitLabels(set, logitOf);
  const built = threatModels.get(threat).build({ encoder: source.encoder, heads: source.heads() }, set, crops);
  return {
    classifier: built.classifier,
    classes: aggregate.classes.length,
    output: `logits of the mean over ${crops.count} ${crops.scheme}`,
    softmaxRemoved: false,
    feeds: feeds(crops, context),
    several: crops.count,
    labels,
    idOf: (index) => imageId(set, index),
    chunk: (indices) => ({ x: built.images(indices), labels: Int32Array.from(indices, (index) => labels[index]!), feeds: {} }),
    logitOf,
    classesNamed: true,
  };
}
