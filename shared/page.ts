/** @file Reports as one HTML file: without scripts and without anything from the network, for light and dark screens and for paper. */
import { escapeMarkup } from './markup.js';
import { STYLE } from './page-style.js';

/** The whole document. `sections` are HTML. */
export function page(title: string, sections: readonly string[]): string {
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">',
    `<title>${escapeMarkup(title)}</title><style>${STYLE}</style></head><body><main><h1>${escapeMarkup(title)}</h1>`,
    ...sections,
    '</main></body></html>',
    '',
  ].join('\n');
}

export function section(title: string, inside: string): string {
  return `<section><h2>${escapeMarkup(title)}</h2>${inside}</section>`;
}

/** A number that matters, with what it is above it and notes below. */
export function card(name: string, value: string, notes: readonly string[]): string {
  return `<div class="card"><div class="name">${escapeMarkup(name)}</div><div class="value">${escapeMarkup(value)}</div><div class="note">${notes.map(escapeMarkup).join('<br>')}</div></div>`;
}

/** Names and what there is to say of each. */
export function factsTable(rows: readonly (readonly [string, string])[]): string {
  const body = rows.map(([name, value]) => `<tr><th class="text">${escapeMarkup(name)}</th><td class="text">${escapeMarkup(value)}</td></tr>`).join('');
  return `<div class="wide"><table class="facts"><tbody>${body}</tbody></table></div>`;
}

/** Columns of text under a header; the first names the rows. */
export function valuesTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = header.map((title) => `<th class="text">${escapeMarkup(title)}</th>`).join('');
  const body = rows.map(
    ([name, ...values]) =>
      `<tr><th class="text">${escapeMarkup(name!)}</th>${values.map((value) => `<td class="text">${escapeMarkup(value)}</td>`).join('')}</tr>`,
  );
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
}
