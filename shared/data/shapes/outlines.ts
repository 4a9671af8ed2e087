/** @file The ten outlines of the built-in data set, each in a disc of radius 1, y downwards. Areas are alike, so that mere brightness does not tell them apart. */

export interface Outline {
  readonly name: string;
  /** Whether a point lies inside. */
  inside(x: number, y: number): boolean;
}

const polygon = (name: string, ...points: readonly (readonly [number, number])[]): Outline => ({
  name,
  // Even-odd rule: a ray to the right crosses the border an odd number of times.
  inside(x, y) {
    let odd = false;
    for (let i = 0, j = points.length - 1; i < points.length; j = i++) {
      const [xi, yi] = points[i]!;
      const [xj, yj] = points[j]!;
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) odd = !odd;
    }
    return odd;
  },
});

const onCircle = (radius: number, turns: number): readonly [number, number] => [radius * Math.sin(2 * Math.PI * turns), -radius * Math.cos(2 * Math.PI * turns)];

/** In the order of the labels, which is that of the names. */
export const outlines: readonly Outline[] = [
  polygon('arrow', [0, -1], [0.85, 0], [0.36, 0], [0.36, 0.9], [-0.36, 0.9], [-0.36, 0], [-0.85, 0]),
  polygon('bowtie', [-0.95, -0.75], [0, -0.16], [0.95, -0.75], [0.95, 0.75], [0, 0.16], [-0.95, 0.75]),
  { name: 'circle', inside: (x, y) => x * x + y * y < 0.76 * 0.76 },
  { name: 'crescent', inside: (x, y) => x * x + y * y < 0.97 * 0.97 && (x - 0.45) * (x - 0.45) + y * y > 0.72 * 0.72 },
  { name: 'cross', inside: (x, y) => Math.min(Math.abs(x), Math.abs(y)) < 0.3 && Math.max(Math.abs(x), Math.abs(y)) < 0.92 },
  { name: 'heart', inside: heart },
  { name: 'ring', inside: (x, y) => x * x + y * y < 0.97 * 0.97 && x * x + y * y > 0.55 * 0.55 },
  polygon('square', [-0.69, -0.69], [0.69, -0.69], [0.69, 0.69], [-0.69, 0.69]),
  polygon('star', ...Array.from({ length: 10 }, (_, i) => onCircle(i % 2 === 0 ? 1 : 0.46, i / 10))),
  polygon('triangle', onCircle(1, 0), onCircle(1, 1 / 3), onCircle(1, 2 / 3)),
];

/** (x^2 + y^2 - 1)^3 < x^2 y^3, moved and scaled into the unit disc. */
function heart(x: number, y: number): boolean {
  const u = x * 1.28;
  const v = -y * 1.22 + 0.12;
  const a = u * u + v * v - 1;
  return a * a * a < u * u * v * v * v;
}
