/** @file The table of output formats. */
import { extname } from 'node:path';
import { table } from '@robenc/shared/table.js';
import { csv } from './csv.js';
import type { OutputFormat } from './format.js';
import { jsonl } from './jsonl.js';
import { npy } from './npy.js';

export const formats = table<OutputFormat>('output format', [jsonl, csv, npy]);

/** By name, else by the ending of the output file, else JSON lines. */
export function chooseFormat(name: string | undefined, output: string | undefined): OutputFormat {
  if (name !== undefined) return formats.get(name);
  const ending = extname(output ?? '')
    .slice(1)
    .toLowerCase();
  return formats.entries.find((format) => format.endings.includes(ending)) ?? jsonl;
}
