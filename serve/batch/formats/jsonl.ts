/** @file One JSON object per line. */
import type { OutputFormat } from './format.js';

export const jsonl: OutputFormat = {
  name: 'jsonl',
  summary: 'one JSON object per line',
  endings: ['jsonl', 'ndjson'],
  streams: true,
  open: (target) => ({
    row: ({ file, fields }) => target.write(`${JSON.stringify({ file, ...fields })}\n`),
    end: () => undefined,
  }),
};
