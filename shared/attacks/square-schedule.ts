/** @file How the squares of the Square attack shrink (Andriushchenko et al., arXiv 1912.00049, section 3.2, not rescaled to the number of queries). */

/** After which iteration the share of pixels is halved once more. */
const HALVINGS = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000];

/** The side of the square at an iteration, the first being 0: the root of the share of the pixels, at least 1 and at most the smaller side. */
export function squareSide(iteration: number, share: number, height: number, width: number): number {
  const halvings = HALVINGS.filter((after) => iteration > after).length;
  const side = Math.round(Math.sqrt((share / 2 ** halvings) * height * width));
  return Math.min(Math.max(side, 1), height, width);
}
