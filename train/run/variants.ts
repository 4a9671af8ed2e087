/** @file Number formats of an exported run: the images that they are calibrated and judged on are those of the run, unless others are named. */
import type { VariantName } from '@robenc/shared/config/manifest.js';
import { stageVariants } from '@robenc/shared/deploy/variants/stage.js';
import { logitLabels } from '@robenc/shared/evaluation/relabel.js';
import { openLabelledData } from '../commands/labelled-data.js';
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
  const { name, path, holdOut, size: side } = encoder.plan.run.data;
  const source = { data: { name, path, holdOut }, size: { height: side, width: side, fit: 'cover' as const } };
  const open = (split: 'train' | 'test', limit: number) =>
    openLabelledData({ data: job.data, holdOut: job.holdOut, split, limit, perClass: false, seed: job.seed, warn: job.note }, source, job.cwd);
  const [calibration, test] = await Promise.all([open('train', job.calibration), open('test', job.images)]);
  await stageVariants({
    ...job,
    staging,
    graphs,
    calibration,
    test: { ...test, labels: logitLabels(test, classes), classes },
    names: { calibration: `${calibration.name} train`, test: test.undivided === true ? `${test.name}, which is not divided` : `${test.name} test` },
  });
}
