/** @file Surfaces: two colours and a pattern that says where which of them shows. */
import type { Random } from '../../math/random.js';

export type Colour = readonly [number, number, number];

/** How much of the second colour there is at a point (in pixels): 0 to 1. */
type Pattern = (x: number, y: number) => number;

export interface Surface {
  readonly first: Colour;
  readonly second: Colour;
  readonly pattern: Pattern;
}

/** A surface of about the luma given (0 to 1), its pattern `depth` lighter and darker than that. */
export function randomSurface(random: Random, luma: number, depth: number): Surface {
  return { first: randomColour(random, luma - depth), second: randomColour(random, luma + depth), pattern: randomPattern(random) };
}

/** A colour of random hue and saturation with the luma given, as far as the cube of colours has one. */
export function randomColour(random: Random, luma: number): Colour {
  const colour: Colour = [random.next(), random.next(), random.next()];
  const own = lumaOf(colour);
  const [red, green, blue] = colour.map((value) => Math.min(1, Math.max(0, luma + (value - own) * 0.8)));
  return [red!, green!, blue!];
}

function lumaOf([red, green, blue]: Colour): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}

function randomPattern(random: Random): Pattern {
  const angle = random.uniform(0, Math.PI);
  const across = Math.cos(angle);
  const along = Math.sin(angle);
  const phase = random.uniform(0, 2 * Math.PI);
  const frequency = (2 * Math.PI) / random.uniform(4, 12);
  switch (random.integer(4)) {
    case 0:
      return (x, y) => 0.5 + 0.5 * Math.sin((across * x + along * y) * 0.12 + phase);
    case 1:
      return (x, y) => (Math.sin((across * x + along * y) * frequency + phase) > 0 ? 1 : 0);
    case 2:
      return (x, y) => (Math.sin((across * x + along * y) * frequency + phase) * Math.sin((along * x - across * y) * frequency + phase) > 0 ? 1 : 0);
    default:
      return mottle(random, frequency);
  }
}

/** Smooth irregular patches: three waves in random directions. */
function mottle(random: Random, frequency: number): Pattern {
  const waves = Array.from({ length: 3 }, () => {
    const angle = random.uniform(0, 2 * Math.PI);
    const pitch = frequency * random.uniform(0.5, 1.5);
    return { kx: Math.cos(angle) * pitch, ky: Math.sin(angle) * pitch, phase: random.uniform(0, 2 * Math.PI) };
  });
  return (x, y) => {
    let sum = 0;
    for (const wave of waves) sum += Math.sin(wave.kx * x + wave.ky * y + wave.phase);
    return 0.5 + sum / 6;
  };
}
