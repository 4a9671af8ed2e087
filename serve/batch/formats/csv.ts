/** @file A table with a header line, as RFC 4180 has it. */
import type { OutputFormat } from './format.js';

export const csv: OutputFormat = {
  name: 'csv',
  summary: 'a table with a header line',
  endings: ['csv'],
  streams: true,
  open(target, { columns }) {
    target.write(line(['file', ...columns]));
    return { row: ({ file, cells }) => target.write(line([file, ...cells])), end: () => undefined };
  },
};

function line(cells: readonly (string | number)[]): string {
  return `${cells.map(cell).join(',')}\n`;
}

function cell(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
