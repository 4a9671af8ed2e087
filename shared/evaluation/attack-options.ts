/** @file From the flags of a command to the options of an attack, every constant filled in. */
import type { AttackOptions } from '../attacks/attack.js';
import { attacks } from '../attacks/index.js';
import type { NormName } from '../attacks/norms.js';
import { check } from '../config/check.js';
import { parseEpsilon } from '../config/epsilon.js';
import { messageOf, RobencError } from '../errors.js';

/** `8/255` or a number, as a distance in pixels of [0,1]. Throws `usage`, naming the flag. */
export function readDistance(flag: string, text: string, norm: NormName): number {
  try {
    return parseEpsilon(text, { field: `--${flag}`, maximum: norm === 'linf' ? 1 : Infinity });
  } catch (cause) {
    throw new RobencError('usage', messageOf(cause), { cause, field: flag });
  }
}

/** The options of the attack at every radius, ascending, checked against its schema; options that are undefined have their defaults. Throws `usage`. */
export function attackOptions(job: {
  attack: string;
  epsilons: readonly string[];
  norm: NormName;
  attackOptions: Readonly<Record<string, unknown>>;
}): AttackOptions[] {
  const attack = attacks.get(job.attack);
  const epsilons = job.epsilons.map((text) => readDistance('eps', text, job.norm));
  if (epsilons.length === 0)
    throw new RobencError('usage', 'No radius is given. Give one or several with --eps, as fractions such as 4/255.', { field: 'eps' });
  const given = Object.fromEntries(Object.entries(job.attackOptions).filter(([, value]) => value !== undefined));
  return [...new Set(epsilons)]
    .sort((a, b) => a - b)
    .map((epsilon) =>
      attack.complete(check(attack.options, { ...given, epsilon, norm: job.norm }, `--attack ${attack.name}`, { code: 'usage' }) as AttackOptions),
    );
}
