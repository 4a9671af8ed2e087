/** @file The table of commands. Each is imported only when it runs, so that `robenc --version` loads neither tfjs nor ONNX Runtime. */
import type { Command } from '@robenc/shared/config/command.js';
import { table } from '@robenc/shared/table.js';

export interface CommandEntry {
  readonly name: string;
  /** As in the command's own file (a test compares them), so that `robenc --help` need not load all of them. */
  readonly summary: string;
  load(): Promise<{ default: Command }>;
}

const entries: readonly CommandEntry[] = [
  { name: 'train', summary: 'train a self-supervised encoder as a run file says', load: () => import('@robenc/train/commands/train.js') },
];

export const commands = table('command', entries);
