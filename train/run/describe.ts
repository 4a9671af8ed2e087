/** @file What a package of a run says about itself: its manifest, from the run, its heads and its evaluation. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ParityRecord } from '@robenc/export/verify.js';
import { check } from '@robenc/shared/config/check.js';
import { EvaluationReport } from '@robenc/shared/config/evaluation.js';
import type { Manifest } from '@robenc/shared/config/manifest.js';
import { readJson } from '@robenc/shared/config/run.js';
import type { StoredHead } from '@robenc/shared/evaluation/head-file.js';
import type { PackageDescription } from '@robenc/shared/package/stage.js';
import type { TrainedEncoder } from './encoder.js';

export interface RunToDescribe {
  /** Folder of the run. */
  readonly run: string;
  /** UTC, for the manifest. */
  readonly createdAt: string;
  readonly producerVersion: string;
  readonly encoder: TrainedEncoder;
  readonly head: StoredHead;
  readonly aggregate: StoredHead | null;
  /** Of the encoder's state. */
  readonly digest: string;
  readonly parity: readonly ParityRecord[];
}

/** Everything but the files. */
export function describeRun(job: RunToDescribe): PackageDescription {
  const { encoder, head, aggregate, parity, digest } = job;
  const { run, spec } = encoder.plan;
  const fittedOn = ({ file }: StoredHead): string => `${file.fit.data}, ${file.fit.images} images`;
  const summary = encoder.summary as { data?: { name: string; images: number }; epochs?: number; imagesSeen?: number; runDigest?: string } | null;
  return {
    origin: { kind: 'run' },
    createdAt: job.createdAt,
    producer: { name: 'robenc', version: job.producerVersion },
    input: { name: 'image', layout: 'NCHW', channels: 'RGB', range: [0, 1], height: run.data.size, width: run.data.size, fit: 'cover' },
    classes: [...head.file.classes],
    embeddingSize: head.head.size,
    training: {
      method: methodName(encoder),
      ...(summary?.runDigest === undefined ? {} : { configDigest: summary.runDigest }),
      seed: run.seed,
      data: summary?.data ? `${summary.data.name}, ${summary.data.images} images` : (run.data.name ?? run.data.path ?? 'unknown'),
      epochs: summary?.epochs ?? 0,
      imagesSeen: summary?.imagesSeen ?? encoder.step * run.batchSize * spec.adversary.replays,
      minutes: encoder.seconds / 60,
    },
    heads: {
      image: { fittedOn: fittedOn(head) },
      ...(aggregate?.file.crops
        ? { aggregate: { crops: aggregate.file.crops.count, scheme: aggregate.file.crops.scheme, fittedOn: fittedOn(aggregate) } }
        : {}),
    },
    scores: scoresOf(job.run, digest),
    parity: [...parity],
  };
}

/** `cf-amc-ssl` for the method of that name, else loss, views and adversary. */
function methodName({ plan: { run, spec } }: TrainedEncoder): string {
  const [loss, adversary] = [spec.loss.use.name, run.adversary.name];
  if (loss === 'emp-ssl' && adversary === 'free' && run.views.scheme === 'crops') return 'cf-amc-ssl';
  return [loss, run.views.scheme, ...(adversary === 'none' ? [] : [adversary])].join(' + ');
}

/** What `robenc evaluate` found for this very state of the encoder, if it was run. */
function scoresOf(folder: string, digest: string): Manifest['scores'] {
  const path = join(folder, 'evaluation', 'evaluation.json');
  if (!existsSync(path)) return [];
  const report = check(EvaluationReport, readJson(path), path, { code: 'bad-file' });
  if (report.encoderDigest !== digest) return [];
  const data = `${report.data.name}, ${report.data.split}`;
  const clean = new Map<string, Manifest['scores'][number]>();
  const robust = report.results.map((result): Manifest['scores'][number] => {
    const common = { metric: 'accuracy', head: result.head, images: result.images, data };
    clean.set(result.head, { ...common, threat: 'none', epsilon: 0, value: result.cleanAccuracy, interval: result.cleanInterval });
    return {
      ...common,
      threat: result.threat,
      attack: `${result.attack} ${JSON.stringify(result.options)}`,
      epsilon: result.epsilon,
      value: result.robustAccuracy,
      interval: result.interval,
    };
  });
  return [...clean.values(), ...robust];
}
