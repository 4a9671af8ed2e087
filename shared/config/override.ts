/** @file Changing single values of a configuration from the command line: `--set views.count=8`. */
import { RobencError } from '../errors.js';

/** `['views.count=8', 'encoder.name=resnet-small']` as paths and values. A value is JSON where it can be read as such, else text. Throws `usage`. */
export function parseSettings(settings: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    settings.map((setting) => {
      const [, path, text] = /^\s*([\w$.-]+)\s*=(.*)$/s.exec(setting) ?? [];
      if (path === undefined || text === undefined)
        throw new RobencError('usage', `--set ${setting}: write it as path=value, for example --set views.count=8.`, { field: '--set' });
      return [path, jsonOrText(text)];
    }),
  );
}

/**
 * A copy of `value` with the field at a dotted path replaced; objects on the way are made. Throws `bad-input` where the path goes through something
 * that is no object, naming that.
 */
export function setByPath(value: unknown, path: string, replacement: unknown, within = ''): unknown {
  const [key, ...rest] = path.split('.');
  if (value !== undefined && (value === null || typeof value !== 'object' || Array.isArray(value)))
    throw new RobencError('bad-input', `${within || 'it'} is ${JSON.stringify(value)}; it must be an object, in which ${path} can be set.`, { field: within });
  const object = { ...value } as Record<string, unknown>;
  const next = rest.length === 0 ? replacement : setByPath(object[key!], rest.join('.'), replacement, within === '' ? key! : `${within}.${key!}`);
  return { ...object, [key!]: next };
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
