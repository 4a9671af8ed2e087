/** @file What a benchmark is: one question, a function that answers it, and a Markdown file that keeps the answer. */

export interface BenchContext {
  /** Lines for people who wait. */
  readonly note: (line: string) => void;
  /** `--name=value` arguments after the benchmark's name. */
  readonly options: Readonly<Record<string, string>>;
  /** A folder for data that is made or unpacked; kept between benchmarks of one run. */
  readonly scratch: string;
}

export interface Bench {
  readonly name: string;
  /** What is measured, as a question. */
  readonly question: string;
  /** Resolves to the Markdown text of bench/results/<name>.md, without its title. */
  run(context: BenchContext): Promise<string>;
}

/** A Markdown table. */
export function markdownTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The middle value (the lower one of two). */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)]!;
}
