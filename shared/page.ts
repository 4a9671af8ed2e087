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
