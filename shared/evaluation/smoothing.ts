/** @file The certified radius of randomised smoothing, from counts (Cohen et al., arXiv 1902.02918, section 3.2). */
import { RobencError } from '../errors.js';
import { betaQuantile } from '../math/beta.js';
import { binomialUpperTail } from '../math/binomial.js';
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

/** The fewest hits among `draws` with which something is certified. Throws as `certify`. */
export function leastHits(draws: number, alpha: number): number {
  let [low, high] = [0, draws];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (certify(middle, draws, 1, alpha).radius === null) low = middle;
    else high = middle;
  }
  return high;
}

/** The largest radius that so many draws can certify: when all of them agree. */
export function farthestRadius({ sigma, draws, alpha }: { readonly sigma: number; readonly draws: number; readonly alpha: number }): number {
  return certify(draws, draws, sigma, alpha).radius!;
}

/** How often the bound on certified accuracy may be wrong. */
const RHO = 0.001;

/**
 * How many of `certified` images are truly right within the radius at least, with probability 1 - 0.001: each of the `images` certificates may be wrong with
 * probability alpha, by itself, so that the wrong ones are at most as many as the binomial distribution says. Exact where Cohen et al. use Bernstein's inequality.
 */
export function certainCount(certified: number, images: number, alpha: number): number {
  let wrong = 0;
  while (wrong < certified && binomialUpperTail(wrong + 1, images, alpha) > RHO) wrong += 1;
  return certified - wrong;
}
