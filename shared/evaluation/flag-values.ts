/** @file The values of the audit's flags that are more than a word or a number. */
import { RobencError } from '../errors.js';
import type { NormName } from '../attacks/norms.js';
import type { Size } from '../images/resize.js';
import type { Layout } from './preprocessing.js';

/** The settings that decide what is assumed of model and data. */
export interface AuditSettings {
  readonly mean: readonly string[];
  readonly std: readonly string[];
  readonly layout: Layout | undefined;
  readonly range: readonly string[];
  readonly classes: readonly string[];
  readonly resize: string | undefined;
  readonly limit: number | undefined;
  readonly seed: number;
  readonly norm: NormName;
}

export interface FlagValues {
  readonly mean: readonly number[] | null;
  readonly std: readonly number[] | null;
  readonly range: readonly [number, number] | null;
  readonly resize: { readonly fit: 'cover' | 'contain' | 'stretch'; readonly size: Size | null } | null;
}

/** Null where a flag was not given. Throws `usage`, naming the flag. */
export function readFlags(flags: Pick<AuditSettings, 'mean' | 'std' | 'range' | 'resize'>): FlagValues {
  const mean = numbers('mean', flags.mean, [1, 3]);
  const std = numbers('std', flags.std, [1, 3]);
  if (std?.some((value) => value <= 0)) throw fault('std', `--std ${flags.std.join(',')}: every value must be above 0.`);
  const range = numbers('range', flags.range, [2]);
  if (range !== null && range[0]! >= range[1]!)
    throw fault('range', `--range ${flags.range.join(',')}: give the value of black and then the larger one of white, e.g. 0,255.`);
  return { mean, std, range: range as [number, number] | null, resize: readResize(flags.resize) };
}

function numbers(flag: string, given: readonly string[], counts: readonly number[]): number[] | null {
  if (given.length === 0) return null;
  const values = given.map(Number);
  if (!counts.includes(values.length) || !values.every(Number.isFinite))
    throw fault(flag, `--${flag} ${given.join(',')}: give ${counts.join(' or ')} numbers, separated by commas.`);
  return values;
}

function readResize(text: string | undefined): FlagValues['resize'] {
  if (text === undefined) return null;
  const match = /^(cover|contain|stretch)(?::(\d{1,5})x(\d{1,5}))?$/.exec(text);
  const [height, width] = [Number(match?.[2] ?? 1), Number(match?.[3] ?? 1)];
  if (match === null || height < 1 || width < 1)
    throw fault('resize', `--resize ${text}: give cover, contain or stretch, for a model of free size with the size as in cover:224x224 (height x width).`);
  return { fit: match[1] as 'cover' | 'contain' | 'stretch', size: match[2] === undefined ? null : { height, width } };
}

function fault(field: string, message: string): RobencError {
  return new RobencError('usage', message, { field });
}
