/** @file From the strings of a command line to the checked values that a command's `run` gets, by the command's own description. */
import { Type, type TObject, type TSchema } from '@sinclair/typebox';
import { check } from './check.js';
import { flagName, type Command, type OptionSpec } from './command.js';

/**
 * The values of all options of a command, with defaults, converted from strings and checked. Missing optional ones are absent.
 * `raw` holds what was given, by option name: a string, a boolean, or a list of strings. Throws `usage`, naming the flag.
 */
export function readOptions(command: Command, raw: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const names = Object.keys(command.options);
  const given: Record<string, unknown> = {};
  for (const name of names) {
    const value = converted(command.options[name]!, raw[name]);
    if (value !== undefined) given[`--${flagName(name)}`] = value;
  }
  const checked: Record<string, unknown> = check(optionsSchema(command), given, `robenc ${command.name}`, { code: 'usage' });
  return Object.fromEntries(names.map((name) => [name, checked[`--${flagName(name)}`]] as const).filter(([, value]) => value !== undefined));
}

/** The schema of a command's options, keyed by flag so that messages name what the user typed. */
export function optionsSchema(command: Command): TObject {
  const properties = Object.entries(command.options).map(([name, option]) => {
    const schema = valueSchema(option);
    return [`--${flagName(name)}`, option.required === true ? schema : Type.Optional(schema)] as const;
  });
  return Type.Object(Object.fromEntries(properties), { additionalProperties: false });
}

function valueSchema(option: OptionSpec): TSchema {
  const withDefault = option.default === undefined ? {} : { default: option.default };
  const text = option.choices === undefined ? Type.String() : Type.Unsafe<string>({ type: 'string', enum: [...option.choices] });
  switch (option.type) {
    case 'string':
      return { ...text, ...withDefault };
    case 'list':
      return Type.Array(text, { default: option.default ?? [] });
    case 'boolean':
      return Type.Boolean({ default: option.default ?? false });
    case 'number': {
      const bounds = {
        ...(option.minimum === undefined ? {} : { minimum: option.minimum }),
        ...(option.maximum === undefined ? {} : { maximum: option.maximum }),
      };
      return option.integer === true ? Type.Integer({ ...bounds, ...withDefault }) : Type.Number({ ...bounds, ...withDefault });
    }
  }
}

/** Text that is no number stays text, so that the check can show it. */
function converted(option: OptionSpec, value: unknown): unknown {
  if (option.type === 'number' && typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value))) return Number(value);
  if (option.type === 'list' && Array.isArray(value))
    return (value as string[]).flatMap((item) => (option.commas === false ? [item] : item.split(','))).filter((item) => item !== '');
  return value;
}
