/** @file The certified radius of randomised smoothing, from counts (Cohen et al., arXiv 1902.02918, section 3.2). */
import { RobencError } from '../errors.js';
import { betaQuantile } from '../math/beta.js';
import { normalQuantile } from '../math/normal.js';

export interface Certificate {
  /** Lower bound of the probability of the class under noise, one-sided at level alpha. */
  readonly probability: number;
  /** L2 radius in pixels of [0,1] within which the smoothed classifier keeps the class, or null where it abstains. */
  readonly radius: number | null;
}

/**
 * `hits` of `draws` noisy copies, fresh ones and not those that chose the class, were given the class; the noise is normal with deviation `sigma` and is not clipped.
 * The bound is that of Clopper and Pearson, and the radius sigma·Φ⁻¹(bound): with probability 1 - alpha it holds for the smoothed classifier, not for the model itself.
 * Throws `bad-input` on counts that do not fit, and where so few draws could never certify anything.
 */
export function certify(hits: number, draws: number, sigma: number, alpha = 0.001): Certificate {
  if (!Number.isInteger(hits) || !Number.isInteger(draws) || hits < 0 || hits > draws || !(alpha > 0 && alpha < 1) || !(sigma > 0))
    throw new RobencError(
      'bad-input',
      `No certificate for ${hits} of ${draws} draws with sigma ${sigma} at alpha ${alpha}: counts are whole with hits <= draws, sigma is above 0, and alpha is in (0,1).`,
    );
  if (alpha ** (1 / draws) < 0.5)
    throw new RobencError(
      'bad-input',
      `${draws} draws can never certify anything at alpha ${alpha}: even when all agree the bound is below one half. Draw ${Math.ceil(Math.log(alpha) / Math.log(0.5))} or more.`,
    );
  const probability = hits === 0 ? 0 : hits === draws ? alpha ** (1 / draws) : betaQuantile(alpha, hits, draws - hits + 1);
  return { probability, radius: probability < 0.5 ? null : sigma * normalQuantile(probability) };
}
