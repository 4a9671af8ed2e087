/** @file The reference of the interface as a page for people: made from the OpenAPI document, without scripts and without anything from the network. */
import { escapeMarkup } from '@robenc/shared/markup.js';
import { page, section } from '@robenc/shared/page.js';

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
}
interface Operation {
  readonly summary: string;
  readonly description?: string;
  readonly security?: readonly unknown[];
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly description?: string;
    readonly schema: Schema;
  }[];
  readonly requestBody?: { readonly description: string; readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content: Readonly<Record<string, { readonly schema: Schema }>> }>>;
}

/** `document` is what `openapiDocument` makes. */
export function referencePage(document: Record<string, unknown>): string {
  const { info, paths } = document as { info: { title: string; description: string }; paths: Record<string, Record<string, Operation>> };
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  );
  const index = operations.map(({ name, operation }) => row([link(name), escapeMarkup(operation.summary)])).join('');
  return page(`${info.title}: HTTP interface`, [
    section(
      'Endpoints',
      `<p>${escapeMarkup(info.description)} Programs read <a href="/openapi.json">openapi.json</a>.</p>${table(['request', 'answer'], index)}`,
    ),
    ...operations.map(({ name, operation }) => `<section id="${anchor(name)}"><h2>${escapeMarkup(name)}</h2>${details(operation)}</section>`),
  ]);
}

function details({ summary, description, security, parameters, requestBody, responses }: Operation): string {
  const body = requestBody?.content['application/json']?.schema;
  const types = Object.keys(requestBody?.content ?? {});
  const good = Object.entries(responses).find(([status]) => Number(status) < 300);
  const answer = good?.[1].content['application/json']?.schema;
  const options = parameters.map(({ name, in: where, required, description: text = '', schema }) =>
    row([code(name), where, escapeMarkup(typeText(schema)), required ? 'required' : defaultText(schema), escapeMarkup(text)]),
  );
  const errors = Object.entries(responses)
    .filter(([status]) => Number(status) >= 300)
    .map(([status, { description: text }]) => row([status, escapeMarkup(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>')]));
  return [
    `<p>${escapeMarkup(summary[0]!.toUpperCase() + summary.slice(1))}. ${escapeMarkup(description ?? '')}</p>`,
    security?.length === 0 ? '<p>Needs no API key.</p>' : '',
    options.length === 0 ? '' : `<h3>Parameters</h3>${table(['name', 'in', 'type', 'default', ''], options.join(''))}`,
    types.length === 0
      ? ''
      : `<h3>Body</h3><p>${escapeMarkup(types.join(', '))}. ${escapeMarkup(requestBody!.description)}</p>${body === undefined ? '' : fields(body)}`,
    good === undefined
      ? ''
      : `<h3>Answer, ${good[0]}</h3><p>${escapeMarkup(Object.keys(good[1].content).join(', '))}</p>${answer === undefined ? '' : fields(answer)}`,
    `<h3>Errors</h3>${table(['status', ''], errors.join(''))}`,
  ].join('');
}

/** Fields of an object, those of objects inside it under `name.field` and `name[].field`. */
function fields(schema: Schema): string {
  const rows = listed(schema, '').map(({ name, of, required }) =>
    row([code(name), escapeMarkup(typeText(of)), required ? 'required' : defaultText(of), escapeMarkup(of.description ?? '')]),
  );
  return rows.length === 0 ? '' : table(['field', 'type', 'default', ''], rows.join(''));
}

function listed(schema: Schema, before: string): { name: string; of: Schema; required: boolean }[] {
  const inside = schema.anyOf?.find(({ type }) => type === 'object' || type === 'array') ?? schema;
  if (inside.items !== undefined) return listed(inside.items, before === '' ? '[].' : before.replace(/\.$/, '[].'));
  return Object.entries(inside.properties ?? {}).flatMap(([name, of]) => [
    { name: `${before}${name}`, of, required: inside.required?.includes(name) ?? false },
    ...listed(of, `${before}${name}.`),
  ]);
}

function typeText(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeText).join(' | ');
  if (schema.type === 'array') return `list of ${schema.items === undefined ? 'anything' : typeText(schema.items)}`;
  const { minimum, maximum } = schema;
  const range = minimum === undefined && maximum === undefined ? '' : ` ${minimum ?? ''}…${maximum === Number.MAX_SAFE_INTEGER ? '' : (maximum ?? '')}`;
  return `${schema.type ?? 'anything'}${range}`;
}

function defaultText(schema: Schema): string {
  return schema.default === undefined ? '' : code(JSON.stringify(schema.default));
}

function anchor(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/-$/, '');
}

function link(name: string): string {
  return `<a href="#${anchor(name)}">${escapeMarkup(name)}</a>`;
}

function code(text: string): string {
  return `<code>${escapeMarkup(text)}</code>`;
}

function row(cells: readonly string[]): string {
  return `<tr>${cells.map((cell) => `<td class="text">${cell}</td>`).join('')}</tr>`;
}

function table(heads: readonly string[], rows: string): string {
  return `<div class="wide"><table><thead><tr>${heads.map((head) => `<th class="text">${head}</th>`).join('')}</tr></thead><tbody>${rows}</tbody></table></div>`;
}
