/** @file The options of a view sampler, checked: what its schema says, and that ranges begin with their least value. */
import { check } from '@robenc/shared/config/check.js';
import { RobencError } from '@robenc/shared/errors.js';
import type { ViewSampler } from './sampler.js';

/** The path of these options in a run file. */
const PATH = 'views.options';

/** `given` with what is left out at its default. Throws `bad-input` naming the field. */
export function viewOptions({ name, options: schema }: ViewSampler, given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const what = `${PATH} of the scheme "${name}"`;
  try {
    const options: Record<string, unknown> = check(schema, given, what);
    for (const [key, value] of Object.entries(options)) refuseInverted(key, value, what);
    return options;
  } catch (cause) {
    const { message, field } = cause as RobencError;
    throw new RobencError('bad-input', message, { cause, field: `${PATH}.${field}` });
  }
}

/** Every option of two values is a range. */
function refuseInverted(key: string, value: unknown, what: string): void {
  if (!Array.isArray(value)) return;
  const [least, greatest] = value as [number, number];
  if (least > greatest)
    throw new RobencError('bad-input', `${what}: ${key} is [${least},${greatest}]; its least value goes first. Set ${PATH}.${key}=[${greatest},${least}].`, {
      field: key,
    });
}
