/** @file Scores an encoder with its linear heads: clean and under attack, for each threat model. */
import type { Attack, AttackOptions } from '../attacks/attack.js';
import type { EvaluationResult } from '../config/evaluation.js';
import type { ImageSet } from '../data/image-set.js';
import { RobencError } from '../errors.js';
import type { DeviceRequest } from '../runtime/types.js';
import type { CropPlan } from './crops.js';
import { openOracle } from './oracle.js';
import { batchSizeFor } from './pixels.js';
import { radiusResults } from './radius-results.js';
import { robustAccuracy } from './robust-accuracy.js';
import type { Models, ThreatModel } from './threats.js';

export interface EvaluateJob {
  readonly models: Models;
  readonly threatModel: ThreatModel;
  /** Labelled, with the head's classes, in the encoder's input size. */
  readonly set: ImageSet;
  readonly crops: CropPlan;
  readonly attack: Attack;
  /** One per radius. */
  readonly options: readonly AttackOptions[];
  readonly seed: number;
  readonly workers: number;
  readonly device?: DeviceRequest;
  readonly batchSize?: number | undefined;
  readonly signal?: AbortSignal;
  readonly progress?: (progress: { label: string; done: number; total: number; note: string }) => void;
}

export interface Evaluation {
  /** One per radius, ascending. */
  readonly results: readonly EvaluationResult[];
  readonly device: string;
  /** What makes the numbers doubtful. */
  readonly warnings: readonly string[];
}

/** Attacks all images of the set. Throws `usage` when they have no labels. */
export async function evaluateThreat(job: EvaluateJob): Promise<Evaluation> {
  const { threatModel, set, crops, attack, options, seed, workers, device, signal } = job;
  if (set.labels === null) throw new RobencError('usage', `${set.name} has no labels. Give images in class folders with --data.`, { field: 'data' });
  const target = threatModel.build(job.models, set, crops);
  const oracle = await openOracle(target.classifier, { workers, ...(device && { device }), ...(target.feeds && { feeds: target.feeds }) });
  try {
    const several = threatModel.head === 'aggregate' ? crops.count : 1;
    const label = `${attack.name} on ${threatModel.name}`;
    const outcome = await robustAccuracy({
      oracle,
      labels: set.labels,
      images: target.images,
      attack,
      options,
      seed,
      batchSize: job.batchSize ?? batchSizeFor(set, workers, several),
      parallel: oracle.workers,
      ...(signal && { signal }),
      progress: (report) => job.progress?.({ label, ...report }),
    });
    return {
      device: oracle.device,
      warnings: [...(oracle.notice === null ? [] : [oracle.notice]), ...doubts(threatModel.name, outcome.results)],
      results: radiusResults(attack.name, outcome).map((result) => ({
        threatModel: threatModel.name,
        head: threatModel.head,
        threat: threatModel.threat,
        crops: threatModel.head === 'aggregate' ? { count: crops.count, scheme: crops.scheme, seed: crops.seed } : null,
        ...result,
      })),
    };
  } finally {
    await oracle.close();
  }
}

function doubts(name: string, results: readonly { zeroGradients: number; nonFiniteGradients: number; gradients: number }[]): string[] {
  const sum = (key: 'zeroGradients' | 'nonFiniteGradients' | 'gradients') => results.reduce((total, result) => total + result[key], 0);
  const [zero, broken, all] = [sum('zeroGradients'), sum('nonFiniteGradients'), sum('gradients')];
  return [
    ...(zero > 0 ? [`${name}: ${zero} of ${all} gradients are zero everywhere, so robust accuracy may be overestimated.`] : []),
    ...(broken > 0 ? [`${name}: ${broken} of ${all} gradients hold NaN or infinity; the encoder or its head is broken.`] : []),
  ];
}
