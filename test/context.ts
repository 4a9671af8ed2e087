/** @file A command's context that keeps everything in memory, for tests of commands. */
import type { CommandContext } from '@robenc/shared/config/command.js';
import type { Progress } from '@robenc/shared/config/progress.js';

export interface MemoryContext extends CommandContext {
  readonly lines: string[];
  readonly notes: string[];
  readonly results: object[];
  readonly reports: Progress[];
}

/** Nothing reaches the terminal: lines of stdout are in `lines`, of stderr in `notes`, results in `results`. */
export function memoryContext({
  json = false,
  signal = new AbortController().signal,
  cwd = process.cwd(),
}: { json?: boolean; signal?: AbortSignal; cwd?: string } = {}): MemoryContext {
  const lines: string[] = [];
  const notes: string[] = [];
  const results: object[] = [];
  const reports: Progress[] = [];
  return {
    lines,
    notes,
    results,
    reports,
    json,
    signal,
    cwd,
    stdout: (line) => void lines.push(line),
    stderr: (line) => void notes.push(line),
    result: (value) => void results.push(value),
    progress: (report) => void reports.push(report),
  };
}
