/** @file The settings of a server from flags, environment, file and defaults, in this order. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Type, type TSchema } from '@sinclair/typebox';
import { check } from '@robenc/shared/config/check.js';
import { nearest } from '@robenc/shared/nearest.js';
import { flagName, type OptionSpec } from '@robenc/shared/config/command.js';
import { messageOf, RobencError } from '@robenc/shared/errors.js';
import type { DeviceRequest } from '@robenc/shared/runtime/types.js';
import { parseBytes, type Limits } from '../limits.js';
import { SETTINGS, type SettingName } from './table.js';

type Spec<N extends SettingName> = (typeof SETTINGS)[N];
type ValueOf<S> = S extends { type: 'number' }
  ? number
  : S extends { type: 'list' }
    ? readonly string[]
    : S extends { choices: readonly (infer C)[] }
      ? C
      : string;
type Given<N extends SettingName> = ValueOf<Spec<N>> | (Spec<N> extends { default: unknown } | { type: 'list' } ? never : undefined);

/** Plain data, so that it can go to another process. Paths are absolute. */
export type Settings = { readonly [N in SettingName]: Given<N> } & { readonly limits: Limits; readonly device: DeviceRequest };

export interface Resolved {
  readonly settings: Settings;
  /** Where each value came from. */
  readonly sources: Readonly<Record<SettingName, 'flag' | 'environment' | 'file' | 'default'>>;
}

const NAMES = Object.keys(SETTINGS) as SettingName[];
const PATHS: readonly SettingName[] = ['models', 'auditData', 'audits', 'keys', 'tlsCert', 'tlsKey'];

/** The flags of the command: those of the table, whose defaults stand in their descriptions so that a flag that is not given can be told from one that is. */
export const FLAGS: Readonly<Record<SettingName, OptionSpec>> = Object.fromEntries(
  NAMES.map((name) => {
    const { default: value, ...spec } = SETTINGS[name] as OptionSpec;
    return [name, value === undefined ? spec : { ...spec, description: `${spec.description} (${String(value)})` }];
  }),
) as Record<SettingName, OptionSpec>;

const PREFIX = 'ROBENC_';

/** `ROBENC_QUEUE_LIMIT` */
export function variableName(name: string): string {
  return `${PREFIX}${flagName(name).replaceAll('-', '_').toUpperCase()}`;
}

/** Throws `usage` for a value that is not allowed, naming the flag, variable or file. */
export function resolveSettings(input: {
  flags: Readonly<Record<string, unknown>>;
  environment: Readonly<Record<string, string | undefined>>;
  file: string | undefined;
  cwd: string;
}): Resolved {
  const file = input.file === undefined ? {} : readFile(resolve(input.cwd, input.file));
  const values: Record<string, unknown> = {};
  const sources = {} as Record<SettingName, Resolved['sources'][SettingName]>;
  for (const name of NAMES) {
    const spec = SETTINGS[name] as OptionSpec;
    const flag = input.flags[name];
    const variable = input.environment[variableName(name)];
    if (flag !== undefined && !(Array.isArray(flag) && flag.length === 0)) [values[name], sources[name]] = [flag, 'flag'];
    else if (variable !== undefined && variable !== '') [values[name], sources[name]] = [fromText(name, spec, variable), 'environment'];
    else if (file[name] !== undefined) [values[name], sources[name]] = [file[name], 'file'];
    else [values[name], sources[name]] = [spec.default ?? (spec.type === 'list' ? [] : undefined), 'default'];
  }
  for (const name of PATHS) if (typeof values[name] === 'string') values[name] = resolve(input.cwd, values[name]);
  const own = values as unknown as { readonly [N in SettingName]: Given<N> };
  if ((own.tlsCert === undefined) !== (own.tlsKey === undefined))
    throw new RobencError('usage', 'HTTPS needs both --tls-cert and --tls-key.', { field: own.tlsCert === undefined ? 'tlsCert' : 'tlsKey' });
  for (const origin of own.cors)
    if (!isOrigin(origin)) throw wrong('cors', origin, 'an origin. Give scheme and host alone, such as https://example.org, or * for all');
  if (own.otlpEndpoint !== undefined && !isHttp(own.otlpEndpoint))
    throw wrong('otlpEndpoint', own.otlpEndpoint, 'an address. Give one such as http://localhost:4318');
  const limits: Limits = {
    maxBodyBytes: bytes('maxBody', own.maxBody),
    queueBytes: bytes('queueBytes', own.queueBytes),
    maxPixels: own.maxPixels,
    maxImages: own.maxImages,
    queueLimit: own.queueLimit,
    timeoutMs: own.timeout * 1000,
  };
  return { settings: { ...own, limits }, sources };
}

/** What is wrong with variables of the environment that look like settings and are none: they would change nothing without a word. */
export function strayVariables(environment: Readonly<Record<string, string | undefined>>): string[] {
  const known = NAMES.map((name) => variableName(name).slice(PREFIX.length));
  return Object.keys(environment).flatMap((name) => {
    const word = name.slice(PREFIX.length);
    const meant = name.startsWith(PREFIX) && !known.includes(word) ? nearest(word, known) : undefined;
    return meant === undefined ? [] : [`The environment has ${name}, which is no setting and changes nothing. Did you mean ${PREFIX}${meant}?`];
  });
}

/** One line for the log: every setting that is not the default, and whence it came. Nothing in it is secret: keys are named by their file. */
export function summaryOf({ settings, sources }: Resolved): Record<string, string> {
  return Object.fromEntries(NAMES.flatMap((name) => (sources[name] === 'default' ? [] : [[name, `${String(settings[name])} (${sources[name]})`]])));
}

function readFile(path: string): Record<string, unknown> {
  try {
    return check(FileSchema, JSON.parse(readFileSync(path, 'utf8')), path, { code: 'usage' });
  } catch (cause) {
    if (cause instanceof RobencError) throw cause;
    throw new RobencError('usage', `The configuration file ${path} cannot be read: ${messageOf(cause)}.`, { cause, field: 'config' });
  }
}

const schemas = Object.fromEntries(NAMES.map((name) => [name, schemaOf(SETTINGS[name] as OptionSpec)])) as Record<SettingName, TSchema>;
const FileSchema = Type.Object(Object.fromEntries(NAMES.map((name) => [name, Type.Optional(schemas[name])])), { additionalProperties: false });

function schemaOf({ type, choices, minimum, maximum, integer }: OptionSpec): TSchema {
  if (type === 'list') return Type.Array(Type.String());
  if (choices !== undefined) return Type.Union(choices.map((choice) => Type.Literal(choice)));
  const range = { ...(minimum === undefined ? {} : { minimum }), ...(maximum === undefined ? {} : { maximum }) };
  return type === 'number' ? (integer === true ? Type.Integer(range) : Type.Number(range)) : Type.String({ minLength: 1 });
}

function fromText(name: SettingName, spec: OptionSpec, text: string): unknown {
  const value = VALUES[spec.type](text);
  const schema = Type.Object({ [name]: schemas[name] });
  return (check(schema, { [name]: value }, variableName(name), { code: 'usage' }) as Record<string, unknown>)[name];
}

/** The text of a variable as a value; one that is no number stays text, so that the message shows it. */
const VALUES: Readonly<Record<OptionSpec['type'], (text: string) => unknown>> = {
  list: (text) => text.split(',').map((part) => part.trim()),
  number: (text) => (Number.isNaN(Number(text)) ? text : Number(text)),
  string: (text) => text,
  boolean: (text) => text,
};

function bytes(name: SettingName, text: string): number {
  const value = parseBytes(text);
  if (value === null || value < 1) throw wrong(name, text, 'a size. Give a number of bytes, or one with kb, mb or gb');
  return value;
}

/** As browsers send it: nothing behind the host and port, not even a slash. */
function isOrigin(text: string): boolean {
  return text === '*' || (URL.canParse(text) && new URL(text).origin === text);
}

function isHttp(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function wrong(name: SettingName, value: string, what: string): RobencError {
  return new RobencError('usage', `--${flagName(name)} ${value} is not ${what}.`, { field: name });
}
