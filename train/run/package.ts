/** @file From a finished run to a model package: graphs, their parity with the eager function, golden outputs, card and manifest. */
import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { withUnlikelyLabels } from '@robenc/export/unlikely-labels.js';
import { compareOutputs, refuseMismatch, type ParityRecord } from '@robenc/export/verify.js';
import type { GraphRole } from '@robenc/shared/config/manifest.js';
import { cardText } from '@robenc/shared/deploy/card.js';
import { feedsFor, stageGolden } from '@robenc/shared/deploy/golden.js';
import { packageGraphs, stageGraphs, type PackageGraphs } from '@robenc/shared/deploy/graphs.js';
import { RobencError } from '@robenc/shared/errors.js';
import { readHead } from '@robenc/shared/evaluation/head-file.js';
import type { LinearHead } from '@robenc/shared/evaluation/linear-head.js';
import { FILE_NAMES } from '@robenc/shared/package/layout.js';
import { checkPublication, Staging, type WrittenPackage } from '@robenc/shared/package/stage.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import type { Session } from '@robenc/shared/runtime/types.js';
import { sourceOf, type OnnxEncoderConfig } from '../encoders/onnx/onnx.js';
import { stateDigest } from './checkpoint.js';
import { describeRun } from './describe.js';
import { eagerFunctions } from './eager.js';
import { openEncoder, type TrainedEncoder } from './encoder.js';
import { FINE_TUNED, fineTunedParity, isClassifier, startOf } from './fine-tuned.js';

export interface ExportJob {
  readonly run: string;
  readonly models: string;
  readonly name?: string | undefined;
  readonly version: string;
  /** Labels to point at the new version. */
  readonly labels: readonly string[];
  /** UTC, for the manifest. */
  readonly createdAt: string;
  readonly producerVersion: string;
  /** Images in each parity check. */
  readonly images: number;
  /** Whether to write PGD as one more graph. */
  readonly attack: boolean;
  /** Signs the manifest. */
  readonly key?: KeyObject | undefined;
  /** Adds variants and pictures to what is staged; their part of the export needs images. */
  readonly extend?: (staged: StagedExport) => Promise<void>;
  readonly note: (line: string) => void;
}

/** An export whose graphs are written and proven, before it is published. */
export interface StagedExport {
  readonly staging: Staging;
  readonly encoder: TrainedEncoder;
  readonly graphs: PackageGraphs;
  readonly classes: readonly string[];
}

export type Exported = WrittenPackage & { readonly parity: readonly ParityRecord[] };

/** Relative error that stops an export: single precision over a deep network and its backward pass. */
const TOLERANCE = 1e-4;
const GRADIENT_DRAWS = 4;
const hasGradient = ({ outputs }: Session): boolean => outputs.some(({ name }) => name === 'gradient');

/** A run with its heads, opened. Throws `not-found` without a fitted head, `mismatch` for a head of another state of the encoder. */
export async function openTrained(run: string) {
  const encoder = await openEncoder(run);
  if (isClassifier(encoder.plan))
    throw new RobencError(
      'usage',
      `The run in ${run} trained a classifier of its own. Package it with robenc models import ${join(run, FINE_TUNED)}, and the flags that describe its input.`,
      { field: 'run' },
    );
  const head = readHead(join(run, 'heads'), 'image');
  if (!head)
    throw new RobencError('not-found', `The run in ${run} has no linear head yet. Fit one first: robenc fit-head ${run} --data DIR.`, { field: 'run' });
  const aggregate = readHead(join(run, 'heads'), 'aggregate');
  const digest = stateDigest(encoder.state);
  for (const { file } of aggregate ? [head, aggregate] : [head])
    if (file.encoderDigest !== digest)
      throw new RobencError(
        'mismatch',
        `The ${file.kind} head in ${run} was fitted on another state of the encoder. Fit it again: robenc fit-head ${run} --data DIR.`,
      );
  const graphs = packageGraphs({
    encoder: encoder.graph,
    head: head.head,
    aggregate: aggregate?.file.crops ? { head: aggregate.head, crops: aggregate.file.crops.count } : undefined,
  });
  return { encoder, head, aggregate, digest, graphs };
}

/** Writes the package of a run. Throws `not-found` without a fitted head, `mismatch` when a graph does not compute what the encoder computes; nothing is written then. */
export async function exportRun(job: ExportJob): Promise<Exported> {
  checkPublication(job.version, job.labels);
  const { encoder, head, aggregate, digest, graphs } = await openTrained(job.run);
  const { run } = encoder.plan;
  const input = { name: 'image', layout: 'NCHW', channels: 'RGB', range: [0, 1], height: run.data.size, width: run.data.size };
  const staging = new Staging(job.models, job.name ?? run.name);
  try {
    stageGraphs(staging, graphs, {
      attack: job.attack,
      producerVersion: job.producerVersion,
      metadata: (role) => ({
        producer: 'robenc',
        model: job.name ?? run.name,
        graph: role,
        stateDigest: digest,
        run: `${run.name}, seed ${run.seed}`,
        input: JSON.stringify(input),
      }),
    });
    job.note('Comparing each graph with tfjs on the same images');
    const start = startOf(run);
    const parity =
      start === null
        ? await measureParity(staging, encoder, head.head, aggregate?.head ?? null, job.images)
        : [await measureFineTuned(staging, encoder, start, job.images)];
    refuseMismatch(parity);
    await stageGolden(staging, [...(Object.keys(graphs) as GraphRole[]), ...(job.attack ? (['attack'] as const) : [])], head.head.classes);
    await job.extend?.({ staging, encoder, graphs, classes: head.file.classes });
    const description = describeRun({ ...job, encoder, head, aggregate, parity, digest });
    staging.put('card', cardText(staging.manifest('0', description)));
    const written = staging.publish({ version: job.version, manifest: description, labels: job.labels, key: job.key });
    return { ...written, parity };
  } finally {
    staging.discard();
  }
}

/** The staged encoder against the ONNX file that the run wrote; the heads on it and the gradients have no second form. */
async function measureFineTuned(staging: Staging, { plan, state }: TrainedEncoder, start: OnnxEncoderConfig, images: number): Promise<ParityRecord> {
  const session = await openSession(join(staging.folder, FILE_NAMES.encoder), { device: 'cpu' });
  try {
    return await fineTunedParity(session, sourceOf(start), state.params, { images, size: plan.run.data.size, seed: plan.run.seed, tolerance: TOLERANCE });
  } finally {
    await session.close();
  }
}

/** Each staged graph against the eager function on random pixels, which differ from images but reach all of a network. */
async function measureParity(
  staging: Staging,
  encoder: TrainedEncoder,
  head: LinearHead,
  aggregate: LinearHead | null,
  images: number,
): Promise<ParityRecord[]> {
  const records: ParityRecord[] = [];
  for (const [role, fn] of Object.entries(eagerFunctions(encoder, head, aggregate)) as [
    GraphRole,
    NonNullable<ReturnType<typeof eagerFunctions>[GraphRole]>,
  ][]) {
    const session = await openSession(join(staging.folder, FILE_NAMES[role]), { device: 'cpu' });
    try {
      // Several crops are a batch to the encoder already.
      const batch = session.inputs.some(({ name }) => name === 'crops') ? Math.ceil(images / 2) : images;
      const drawn = async (seed: number): Promise<ParityRecord> => {
        const feeds = await withUnlikelyLabels(session, feedsFor(session, head.classes, { batch, seed }));
        return compareOutputs({ graph: role, session, fn, feeds: [feeds], tolerance: TOLERANCE });
      };
      // On some images a unit lies on its kink, where rounding decides the gradient (export/report/checks.ts); a wrong one differs on all.
      const first = await drawn(encoder.plan.run.seed);
      let record = first;
      for (let draw = 1; draw < GRADIENT_DRAWS && hasGradient(session) && !(record.maxRelativeError <= TOLERANCE); draw++)
        record = await drawn(encoder.plan.run.seed + draw);
      records.push(record.maxRelativeError <= TOLERANCE ? record : first);
    } finally {
      await session.close();
    }
  }
  return records;
}
