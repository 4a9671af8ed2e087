/** @file Number formats and the picture of an exported run: the images that they are calibrated and judged on are those of the run, unless others are named. */
import type { VariantName } from '@robenc/shared/config/manifest.js';
import type { ImageSet } from '@robenc/shared/data/image-set.js';
import { cardPicture } from '@robenc/shared/deploy/picture.js';
import { stageVariants } from '@robenc/shared/deploy/variants/stage.js';
import { messageOf, RobencError } from '@robenc/shared/errors.js';
import { logitLabels } from '@robenc/shared/evaluation/relabel.js';
import { openLabelledData } from './labelled-data.js';
import type { TrainedEncoder } from './encoder.js';
import type { StagedExport } from './package.js';

export interface RunVariantsJob {
  readonly precisions: readonly VariantName[];
  /** As --data; the data of the run without it. */
  readonly data: string | undefined;
  readonly holdOut: number | undefined;
  /** How many images calibrate, and how many compare. */
  readonly calibration: number;
  readonly images: number;
  readonly epsilon: number;
  readonly maxDrop: number;
  readonly seed: number;
  readonly producerVersion: string;
  readonly cwd: string;
  readonly signal?: AbortSignal;
  readonly note: (line: string) => void;
}

/** Adds the formats to what is staged. Throws `mismatch` where one loses more accuracy than is allowed, `usage` where the images do not fit the head. */
export async function stageRunVariants(job: RunVariantsJob, { staging, encoder, graphs, classes }: StagedExport): Promise<void> {
  if (job.precisions.length === 0) return;
  const [calibration, test] = await Promise.all([openImages(job, encoder, 'train', job.calibration), openImages(job, encoder, 'test', job.images)]);
  await stageVariants({
    ...job,
    staging,
    graphs,
    calibration,
    test: { ...test, labels: logitLabels(test, classes), classes },
    names: { calibration: `${calibration.name} train`, test: test.undivided === true ? `${test.name}, which is not divided` : `${test.name} test` },
  });
}

/** Adds the picture of the card; without the images of the run a note says why there is none. */
export async function stageRunPicture(job: Omit<RunVariantsJob, 'precisions'>, { staging, encoder, graphs, classes }: StagedExport): Promise<void> {
  if (graphs.classifier === undefined) return;
  try {
    const set = await openImages(job, encoder, 'test', PICTURED);
    const { epsilon, seed, signal } = job;
    staging.put(
      'picture',
      await cardPicture({ graph: graphs.classifier, set: { ...set, labels: logitLabels(set, classes), classes }, epsilon, seed, ...(signal && { signal }) }),
    );
  } catch (cause) {
    if (!(cause instanceof RobencError) || cause.code === 'cancelled') throw cause;
    job.note(`The card has no picture: ${messageOf(cause)}`);
  }
}

/** Images on the picture. */
const PICTURED = 8;

/** Images of the run, or of --data, in the size of the encoder. */
function openImages(job: Omit<RunVariantsJob, 'precisions'>, { plan }: TrainedEncoder, split: 'train' | 'test', limit: number): Promise<ImageSet> {
  const { name, path, holdOut, size } = plan.run.data;
  const source = { data: { name, path, holdOut }, size: { height: size, width: size, fit: 'cover' as const } };
  return openLabelledData({ data: job.data, holdOut: job.holdOut, split, limit, perClass: false, seed: job.seed, warn: job.note }, source, job.cwd);
}
