/** @file What a row of the table of goals is, and what it may use. */
import type { BenchContext } from '../bench.js';
import type { Pinned } from './pinned.js';
import type { Untrained } from '../untrained.js';
import type { Started } from './started.js';
import type { RawAnswer } from './raw-loop.js';

export type Weight = 'heavy' | 'light';

export const ENCODERS: Readonly<Record<Weight, Untrained>> = { heavy: 'resnet18-cifar', light: 'resnet-small' };

/** A graph in the plain loop. */
export interface Raw {
  run(batch: number, seconds: number): Promise<RawAnswer>;
  /** The batch of 1, 8 and 32 with which it does most rows in a second; found out once. */
  best(): Promise<number>;
}

export interface Lab {
  /** Seconds of a window, and how many of each kind are measured in turn. */
  readonly window: number;
  readonly windows: number;
  readonly note: BenchContext['note'];
  readonly generator: Pinned;
  /** One more that sends requests at the same time. */
  readonly secondGenerator: () => Pinned;
  /** The models folder, with a package of each weight. */
  readonly models: string;
  /** A file of a package. */
  readonly file: (weight: Weight, graph: 'classifier' | 'gradient') => string;
  readonly raw: (weight: Weight, graph?: 'classifier' | 'gradient') => Raw;
  /** A server on the core of servers; ended when the row is done. */
  readonly serve: (weight: Weight, ...flags: string[]) => Promise<Started>;
  /** Something that is ended when the row is done. */
  readonly keep: <T extends { close(): Promise<void> }>(thing: T) => T;
}

export interface Finding {
  /** What was measured, with the spread of the windows. */
  readonly measured: string;
  /** null: told, but there is no goal, or none for this machine. */
  readonly reached: boolean | null;
}

export interface Row {
  readonly name: string;
  readonly title: string;
  readonly goal: string;
  measure(lab: Lab): Promise<Finding>;
}
