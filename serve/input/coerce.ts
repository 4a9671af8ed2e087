/** @file Options that came as text (query string, form fields) as the types their schema asks for. */
import type { TSchema } from '@sinclair/typebox';
import { ApiError } from '../errors.js';

/** Text values as numbers, booleans and lists where the schema says so; what does not fit stays text, and the schema check then names it. */
export function coerceText(properties: Readonly<Record<string, TSchema>>, values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, coerce(name, value, Object.hasOwn(properties, name) ? properties[name]! : undefined)]),
  );
}

function coerce(name: string, value: unknown, schema: TSchema | undefined): unknown {
  if (schema?.['type'] === 'array') {
    const items = Array.isArray(value) ? value : String(value).split(',');
    return items.map((item) => coerce(name, item, schema['items'] as TSchema));
  }
  if (Array.isArray(value)) throw new ApiError('bad_input', `${name} is given ${value.length} times; give it once.`, { field: name });
  if (typeof value !== 'string') return value;
  const types =
    schema === undefined ? [] : ((schema['anyOf'] as TSchema[] | undefined)?.map((branch) => branch['type'] as string) ?? [schema['type'] as string]);
  // Where text is allowed it stays text: the reader of such a field (a label, an epsilon) understands numbers in it.
  if (types.includes('string')) return value;
  if (types.includes('boolean') && (value === 'true' || value === 'false')) return value === 'true';
  if ((types.includes('number') || types.includes('integer')) && value.trim() !== '' && Number.isFinite(Number(value))) return Number(value);
  return value;
}
