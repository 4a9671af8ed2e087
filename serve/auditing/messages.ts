/** @file What the server and the process of an audit say to each other. */
import type { Progress } from '@robenc/shared/config/progress.js';
import type { DeviceRequest } from '@robenc/shared/runtime/types.js';
import type { AuditRecord } from './record.js';
import type { AuditOptions } from './request.js';

/** Everything that the process needs. */
export interface AuditTask {
  readonly id: string;
  readonly options: AuditOptions;
  /** `name@version`. */
  readonly model: string;
  /** Folder of the model package. */
  readonly package: string;
  /** Path of the data set. */
  readonly data: string;
  /** Where the results are kept; what is there is not done again. */
  readonly output: string;
  readonly workers: number;
  readonly device: DeviceRequest;
}

/** What the process is told. */
export type ToAudit = { readonly kind: 'start'; readonly task: AuditTask } | { readonly kind: 'stop' };

/** What it says. */
export type FromAudit =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'note'; readonly line: string }
  | { readonly kind: 'done'; readonly outcome: NonNullable<AuditRecord['outcome']> }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };
