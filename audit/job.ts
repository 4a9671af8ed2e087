/** @file What an audit is asked to do: the whole of the interface for programs that run one. */
import type { Progress } from '@robenc/shared/config/progress.js';
import type { DeviceRequest } from '@robenc/shared/runtime/types.js';
import type { AuditSettings } from '@robenc/shared/evaluation/flag-values.js';
import type { SmoothingChoice } from './certificates.js';
import type { Distribute } from './work/distribute.js';

export interface AuditJob extends AuditSettings {
  /** An ONNX file, the folder of a model package, or the address of a robenc server. */
  readonly model: string;
  /** The key that a server asks for. */
  readonly apiKey?: string | undefined;
  readonly data: { readonly name: string; readonly path?: string };
  readonly split: 'train' | 'test';
  /** The share of an undivided folder that is `test`; absent: all of it. */
  readonly holdOut?: number | undefined;
  /** Radii as text, e.g. `8/255`; empty: those of the preset. */
  readonly epsilons: readonly string[];
  /** A name from the table of presets, or of attacks; neither: pgd. */
  readonly preset?: string | undefined;
  readonly attack?: string | undefined;
  /** Constants of the attacks besides the radius and the norm; undefined ones have their defaults. */
  readonly attackOptions: Readonly<Record<string, unknown>>;
  /** Operators that gradients pass as if they copied their first input; none. */
  readonly straightThrough?: readonly string[] | undefined;
  /** A name from the table of threat models; `image`. */
  readonly threat?: string | undefined;
  /** Of the preset certify; undefined ones have their defaults. */
  readonly smoothing?: SmoothingChoice | undefined;
  /** Families of corruptions; of the preset corruptions none: the main ones. */
  readonly corruptions?: readonly string[] | undefined;
  readonly output: string | undefined;
  /** The least robust accuracy that passes. */
  readonly failUnder: number | null;
  /** Images per item of work; by default as many as fit, for all machines alike. */
  readonly batchSize: number | undefined;
  readonly workers: number;
  readonly device: DeviceRequest;
  /** The folder that keeps the results of items, so that an audit that was ended goes on; absent: they are kept in memory. */
  readonly state?: { readonly folder: string; readonly fresh: boolean; readonly merge?: readonly string[] } | undefined;
  /** Only every `of`-th range of images, from the `index`-th (0 is the first) on. */
  readonly shard?: { readonly index: number; readonly of: number } | undefined;
  /** Ends the audit early; what is known then is reported as an upper bound. */
  readonly maxMinutes?: number | undefined;
  /** Has the items done elsewhere. */
  readonly distribute?: Distribute | undefined;
  /** Cancels: `runAudit` throws `cancelled`, and the state stays. */
  readonly signal: AbortSignal;
  readonly progress: (report: Progress) => void;
  /** Hears the assumptions before the attack starts, estimates and warnings. */
  readonly tell: (line: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
