/** @file Checking what comes from outside against a JSON schema: files, requests, options. The one ajv instance. */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { Static, TSchema } from '@sinclair/typebox';
import { RobencError, type ErrorCode } from '../errors.js';
import { suggestion } from '../nearest.js';

const ajv = new Ajv({ allErrors: true, useDefaults: true, verbose: true, discriminator: true, strict: true, strictRequired: false, allowUnionTypes: true });
const compiled = new WeakMap<TSchema, ValidateFunction>();

/**
 * `value` as the schema describes it, with its defaults filled in; the given value stays as it was.
 * Throws `code` (default `bad-input`) with one line per fault: where, which value, what to do. `what` names the whole, e.g. `run.json`.
 */
export function check<S extends TSchema>(schema: S, value: unknown, what: string, { code = 'bad-input' }: { code?: ErrorCode } = {}): Static<S> {
  const copy = copyPlain(value);
  const validate = validatorOf(schema);
  if (validate(copy)) return copy;
  const faults = telling(validate.errors ?? []);
  throw new RobencError(code, faults.map((fault) => `${what}: ${sentence(fault)}`).join('\n'), { field: pathOf(faults[0]!) || what });
}

function validatorOf(schema: TSchema): ValidateFunction {
  let validate = compiled.get(schema);
  if (validate === undefined) compiled.set(schema, (validate = ajv.compile(schema)));
  return validate;
}

/** Objects and arrays are copied, so that defaults do not appear in the caller's value; strings, buffers and the rest are shared. */
function copyPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyPlain);
  if (value !== null && typeof value === 'object' && (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyPlain(item)]));
  return value;
}

/** Of a choice (anyOf of constants) ajv reports every failed branch and the choice itself; one sentence per place is enough. */
function telling(errors: readonly ErrorObject[]): ErrorObject[] {
  const choices = errors.filter((error) => error.keyword === 'anyOf' || error.keyword === 'oneOf');
  const kept = errors.filter((error) => !choices.some((choice) => choice !== error && error.schemaPath.startsWith(`${choice.schemaPath}/`)));
  return kept.length > 0 ? kept : [...errors];
}

/** `views.count` from `/views/count`; for a missing or unknown key the key itself is part of the path. */
function pathOf(error: ErrorObject): string {
  const parts = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const params = error.params as { missingProperty?: string; additionalProperty?: string };
  const key = params.missingProperty ?? params.additionalProperty;
  return (key === undefined ? parts : [...parts, key]).map((part, index) => (/^\d+$/.test(part) ? `[${part}]` : index === 0 ? part : `.${part}`)).join('');
}

function sentence(error: ErrorObject): string {
  const path = pathOf(error);
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'required':
      return `${path} is missing.`;
    case 'additionalProperties':
      return `${path} is not known here.${suggestion(String(params['additionalProperty']), Object.keys((error.parentSchema as { properties?: object }).properties ?? {}))}`;
    case 'discriminator':
      return `${[path, String(params['tag'])].filter((part) => part !== '').join('.')} is ${shown(params['tagValue'])}.${offer(params['tagValue'], tagsOf(error))}`;
    case 'anyOf':
    case 'oneOf':
      return `${path || 'it'} is ${shown(error.data)}.${offer(error.data, constantsOf(error.schema)) || ` It must be ${describe(error.schema)}.`}`;
    case 'enum':
      return `${path || 'it'} is ${shown(error.data)}.${offer(error.data, error.schema)}`;
    case 'const':
      return `${path || 'it'} is ${shown(error.data)}; it must be ${shown(error.schema)}.`;
    case 'pattern':
      return `${path || 'it'} is ${shown(error.data)}; ${expected(error) ?? `it must match ${String(error.schema)}`}.`;
    case 'type':
      return `${path || 'it'} is ${shown(error.data)}; it must be ${TYPES[String(error.schema)] ?? String(error.schema)}.`;
    default:
      return `${path || 'it'} is ${shown(error.data)}; it ${error.message ?? 'is not valid'}.`;
  }
}

/** JSON's names of types, in words. */
const TYPES: Readonly<Record<string, string>> = {
  integer: 'a whole number',
  number: 'a number',
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

/** A schema may say in its description what a pattern means. */
function expected(error: ErrorObject): string | undefined {
  const description = (error.parentSchema as { description?: string } | undefined)?.description;
  return description === undefined ? undefined : `it must be ${description}`;
}

function offer(value: unknown, choices: unknown): string {
  const names = Array.isArray(choices) ? choices.map(String) : [];
  if (names.length === 0) return '';
  return typeof value === 'string' ? suggestion(value, names) : ` There are: ${names.join(', ')}.`;
}

/** The values of `anyOf: [{const: a}, {const: b}]`; empty when the branches are something else. */
function constantsOf(branches: unknown): unknown[] {
  const list = Array.isArray(branches) ? (branches as { const?: unknown }[]) : [];
  return list.every((branch) => branch.const !== undefined) ? list.map((branch) => branch.const) : [];
}

function tagsOf(error: ErrorObject): unknown[] {
  const branches = (error.parentSchema as { oneOf?: { properties?: Record<string, { const?: unknown }> }[] } | undefined)?.oneOf ?? [];
  return branches.map((branch) => branch.properties?.[String(error.params['tag'])]?.const).filter((tag) => tag !== undefined);
}

function describe(branches: unknown): string {
  const list = Array.isArray(branches) ? (branches as { description?: string; type?: string; const?: unknown }[]) : [];
  return list
    .map(
      (branch) =>
        branch.description ??
        (branch.const === undefined ? `${/^[aeiou]/.test(branch.type ?? '') ? 'an' : 'a'} ${branch.type ?? 'value'}` : shown(branch.const)),
    )
    .join(' or ');
}

/** A value as text that fits in a sentence. */
function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = (JSON.stringify(value) as string | undefined) ?? typeof value;
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
