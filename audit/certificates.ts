/** @file From the flags of an audit to the stage that certifies: the noise, the number of draws, and how often a certificate may be wrong. */
import { RobencError } from '@robenc/shared/errors.js';
import { CHOOSING, type SmoothingOptions } from '@robenc/shared/evaluation/smoothed-class.js';
import { farthestRadius } from '@robenc/shared/evaluation/smoothing.js';
import type { CertifyOptions, WorkStage } from './work/plan.js';

/** Deviation of the noise, copies and level where none are given; the level is that of Cohen et al., who draw 100,000 copies. */
const DEFAULTS: SmoothingOptions = { sigma: 0.25, draws: 1000, alpha: 0.001 };

/** Undefined settings have their defaults. */
export type SmoothingChoice = { readonly [K in keyof SmoothingOptions]: number | undefined };

/** Throws `usage`, naming the flag, on values that could certify nothing. */
export function certifyStage(choice: SmoothingChoice): WorkStage {
  const { sigma = DEFAULTS.sigma, draws = DEFAULTS.draws, alpha = DEFAULTS.alpha } = choice;
  if (!(sigma > 0)) throw new RobencError('usage', `--sigma ${sigma}: the deviation of the noise is above 0.`, { field: 'sigma' });
  if (!(alpha > 0 && alpha <= 0.5)) throw new RobencError('usage', `--alpha ${alpha}: give a probability above 0 and at most 0.5.`, { field: 'alpha' });
  try {
    farthestRadius({ sigma, draws, alpha });
  } catch (cause) {
    throw new RobencError('usage', `--draws ${draws}: ${(cause as Error).message}`, { cause, field: 'draws' });
  }
  const options: CertifyOptions = { epsilon: 0, sigma, draws, alpha, choosing: CHOOSING };
  return { kind: 'certify', name: 'certify', epsilon: 0, options };
}

/** Throws `usage` where one of them is given for an audit that draws no copies. */
export function refuseSmoothing(choice: SmoothingChoice): void {
  const given = Object.entries(choice).find(([, value]) => value !== undefined);
  if (given !== undefined)
    throw new RobencError('usage', `--${given[0]} is of --preset certify, and this audit draws no noisy copies. Leave it out.`, { field: given[0] });
}
