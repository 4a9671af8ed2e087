/** @file What an output format of the batch commands is. */

/** The result of one image, in the forms that formats choose from. */
export interface Row {
  readonly file: string;
  /** For formats of objects. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** For tables; as long as the columns. */
  readonly cells: readonly (string | number)[];
  /** For arrays; as long as the width. */
  readonly vector: Float32Array;
}

export interface Shape {
  /** Names of the cells, the file name left out. */
  readonly columns: readonly string[];
  /** Numbers in a vector. */
  readonly width: number;
}

/** Where pieces of output go; `writeAtStart` only where the format needs a file. */
export interface Target {
  write(data: string | Uint8Array): void;
  writeAtStart(data: string | Uint8Array): void;
}

export interface OutputFormat {
  readonly name: string;
  readonly summary: string;
  /** Ends of file names that stand for it, without the dot. */
  readonly endings: readonly string[];
  /** Whether it can be written to a terminal or pipe. */
  readonly streams: boolean;
  /** What to do with each row, and at the end. */
  open(target: Target, shape: Shape): { row(row: Row): void; end(): void };
}
