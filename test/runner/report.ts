/** @file What the test runner's worker processes tell the runner about one test file. */

export interface FileReport {
  readonly file: string;
  readonly seconds: number;
  readonly passed: number;
  readonly failures: readonly { readonly title: string; readonly text: string }[];
  readonly skips: readonly { readonly title: string; readonly reason: string }[];
}

/** From the runner to a worker: a file to run, or that there are no more. */
export type Order = { readonly file: string } | { readonly end: true };
