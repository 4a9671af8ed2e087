/** @file An audit with the defaults of the command line, for benchmarks that run it in their own process. */
import { availableParallelism } from 'node:os';
import { dataSpecOf } from '@robenc/shared/data/detect.js';
import type { AuditJob } from '../audit/job.js';

export interface AuditChoice {
  /** Paths. */
  readonly model: string;
  readonly data: string;
  readonly preset: string;
  readonly epsilons: readonly string[];
  readonly limit: number;
}

/** In linf, with seed 0, on all cores; nothing is kept. */
export async function auditJob({ data, ...choice }: AuditChoice): Promise<AuditJob> {
  return {
    ...choice,
    data: await dataSpecOf(data, process.cwd()),
    split: 'test',
    ...{ mean: [], std: [], range: [], classes: [], layout: undefined, resize: undefined, seed: 0, norm: 'linf' },
    attackOptions: {},
    output: undefined,
    failUnder: null,
    batchSize: undefined,
    workers: availableParallelism(),
    device: 'cpu',
    signal: new AbortController().signal,
    progress: () => undefined,
    tell: () => undefined,
    now: () => Date.now(),
  };
}
