/** @file Puts the number formats that were asked for into a package that is being made, each with its measurements, or refuses them. */
import { join } from 'node:path';
import type { VariantName } from '../../config/manifest.js';
import type { ImageSet } from '../../data/image-set.js';
import { RobencError } from '../../errors.js';
import { toOnnx } from '../../graph/to-onnx.js';
import { FILE_NAMES } from '../../package/layout.js';
import type { Staging } from '../../package/stage.js';
import { WeightStore } from '../../package/weight-store.js';
import type { PackageGraphs } from '../graphs.js';
import { precisions } from './index.js';
import { imageBatches, measureVariant } from './measure.js';

export interface VariantsJob {
  readonly precisions: readonly VariantName[];
  readonly staging: Staging;
  readonly graphs: PackageGraphs;
  readonly producerVersion: string;
  /** Images on which ranges are measured. */
  readonly calibration: ImageSet;
  /** Labelled images on which both are compared; labels as the logits count them. */
  readonly test: ImageSet;
  /** What the two are called in the card. */
  readonly names: { readonly calibration: string; readonly test: string };
  readonly epsilon: number;
  /** How far the clean accuracy may fall below that of float32. */
  readonly maxDrop: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly note: (line: string) => void;
}

/** Throws `mismatch` where a format costs more accuracy than is allowed; the package is not written then. */
export async function stageVariants(job: VariantsJob): Promise<void> {
  const { staging, graphs, maxDrop, names } = job;
  if (graphs.classifier === undefined) throw new RobencError('unsupported', 'Number formats are judged by accuracy; a model without a classifier has none.');
  for (const name of job.precisions) {
    const { method, calibrated, make } = precisions.get(name);
    job.note(`Making and measuring the ${name} graphs`);
    const batches = calibrated ? imageBatches(job.calibration).map(({ image }) => image) : [];
    const store = new WeightStore(FILE_NAMES.weights.replace(/(?=\.\w+$)/, `.${name}`));
    let variant = '';
    for (const role of ['encoder', 'classifier'] as const) {
      const graph = graphs[role];
      if (graph === undefined) continue;
      const bytes = toOnnx(await make(graph, batches), {
        producerVersion: job.producerVersion,
        metadata: { producer: 'robenc', graph: `${role} ${name}` },
        external: store.place,
      });
      variant = staging.putVariant(name, role, bytes);
    }
    const weights = store.bytes();
    if (weights !== null) staging.putVariant(name, 'weights', weights);
    const comparison = await measureVariant({
      ...job,
      graph: graphs.classifier,
      reference: join(staging.folder, FILE_NAMES.classifier),
      variant,
      set: job.test,
      data: names.test,
    });
    const drop = comparison.referenceAccuracy - comparison.accuracy;
    job.note(
      `${name}: clean accuracy ${percent(comparison.accuracy)} (float32 ${percent(comparison.referenceAccuracy)}), robust ${percent(comparison.robust!.accuracy)} (${percent(comparison.robust!.referenceAccuracy)}), ${comparison.speed!.toFixed(2)} times the speed`,
    );
    if (drop > maxDrop)
      throw new RobencError(
        'mismatch',
        `In ${name} the clean accuracy falls from ${percent(comparison.referenceAccuracy)} to ${percent(comparison.accuracy)}, more than the ${percent(maxDrop)} allowed. Leave ${name} out, calibrate on more images, or allow it with --max-drop. Nothing was written.`,
        { field: 'max-drop' },
      );
    staging.describeVariant(name, {
      method,
      ...(calibrated ? { calibration: `${job.calibration.count} images of ${names.calibration}` } : {}),
      comparison,
    });
  }
}

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
