/** @file What a sweep and the process of one of its runs say to each other. */
import type { RunConfig } from '@robenc/shared/config/run.js';
import type { ErrorCode } from '@robenc/shared/errors.js';
import type { TrainSummary } from '../run/summary.js';

export type ToRun = { readonly kind: 'start'; readonly run: RunConfig } | { readonly kind: 'stop' };

export type FromRun =
  | { readonly kind: 'note'; readonly line: string }
  | { readonly kind: 'step'; readonly step: number; readonly steps: number; readonly loss: number }
  | { readonly kind: 'done'; readonly summary: TrainSummary }
  | { readonly kind: 'failed'; readonly code: ErrorCode | null; readonly message: string };
