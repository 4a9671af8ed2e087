/** @file How long works tell how far they are. */

/** One report. Works give the whole state each time, so that a listener may drop any of them. */
export interface Progress {
  /** What is being done, e.g. `train` or `audit pgd`. */
  readonly label: string;
  /** How much is done, in the same unit as `total`. */
  readonly done: number;
  /** Unknown for works without a known end. */
  readonly total?: number;
  /** Anything else in a few words, e.g. `812 crops/s · invariance -0.93`. */
  readonly note?: string;
}
