/** @file Tables as text (RFC 4180): lines end with CR LF, fields with commas, quotes or line breaks are quoted. */

export type Cell = string | number | null;

/** With a header line; null is an empty field. */
export function csvText(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [columns.join(','), ...rows.map((row) => row.map(field).join(',')), ''].join('\r\n');
}

function field(value: Cell): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One record per line, by the names of the header. */
export function readCsv(text: string): Record<string, string>[] {
  const lines: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    lines.at(-1)!.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'));
    if (end !== ',') lines.push([]);
  }
  const [header = [], ...rows] = lines.filter((line) => line.length > 1 || (line[0] ?? '') !== '');
  return rows.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i] ?? ''])));
}
