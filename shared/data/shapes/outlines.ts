/** @file The ten outlines of the built-in data set, each in a disc of radius 1, y downwards. Areas are alike, so that mere brightness does not tell them apart. */

export interface Outline {
  readonly name: string;
  /** Whether a point lies inside. */
  inside(x: number, y: number): boolean;
}

/** A polygon from its corners, x and y in turn. */
function polygon(name: string, ...points: readonly number[]): Outline {
  const corners = Float64Array.from(points);
  return {
    name,
    // Even-odd rule: a ray to the right crosses the border an odd number of times.
    inside(x, y) {
      let odd = false;
      for (let i = 0, j = corners.length - 2; i < corners.length; j = i, i += 2) {
        const yi = corners[i + 1]!;
        const yj = corners[j + 1]!;
        if (yi > y !== yj > y && x < ((corners[j]! - corners[i]!) * (y - yi)) / (yj - yi) + corners[i]!) odd = !odd;
      }
      return odd;
    },
  };
}

/** Corners on a circle, from the top on: one for each radius. */
function corners(...radii: readonly number[]): number[] {
  return radii.flatMap((radius, i) => [radius * Math.sin((2 * Math.PI * i) / radii.length), -radius * Math.cos((2 * Math.PI * i) / radii.length)]);
}

/** In the order of the labels, which is that of the names. */
export const outlines: readonly Outline[] = [
  polygon('arrow', 0, -1, 0.85, 0, 0.36, 0, 0.36, 0.9, -0.36, 0.9, -0.36, 0, -0.85, 0),
  polygon('bowtie', -0.95, -0.75, 0, -0.16, 0.95, -0.75, 0.95, 0.75, 0, 0.16, -0.95, 0.75),
  { name: 'circle', inside: (x, y) => x * x + y * y < 0.76 * 0.76 },
  { name: 'crescent', inside: (x, y) => x * x + y * y < 0.97 * 0.97 && (x - 0.45) * (x - 0.45) + y * y > 0.72 * 0.72 },
  { name: 'cross', inside: (x, y) => Math.min(Math.abs(x), Math.abs(y)) < 0.3 && Math.max(Math.abs(x), Math.abs(y)) < 0.92 },
  { name: 'heart', inside: heart },
  { name: 'ring', inside: (x, y) => x * x + y * y < 0.97 * 0.97 && x * x + y * y > 0.55 * 0.55 },
  polygon('square', -0.69, -0.69, 0.69, -0.69, 0.69, 0.69, -0.69, 0.69),
  polygon('star', ...corners(1, 0.46, 1, 0.46, 1, 0.46, 1, 0.46, 1, 0.46)),
  polygon('triangle', ...corners(1, 1, 1)),
];

/** (x^2 + y^2 - 1)^3 < x^2 y^3, moved and scaled into the unit disc. */
function heart(x: number, y: number): boolean {
  const u = x * 1.28;
  const v = -y * 1.22 + 0.12;
  const a = u * u + v * v - 1;
  return a * a * a < u * u * v * v * v;
}
