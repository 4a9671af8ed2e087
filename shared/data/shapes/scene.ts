/** @file Drawing one image of the built-in data set: a few copies of one outline over a cluttered background, under uneven light. */
import type { Random } from '../../math/random.js';
import { outlines, type Outline } from './outlines.js';
import { randomSurface, type Surface } from './surface.js';

export const SIDE = 32;
/** Copies are up to this much wider than high, or higher than wide. */
const STRETCH = 1.15;
/** Copies are turned by up to this angle either way, in radians. */
const TURN = 0.35;
/** How many copies, and their least and greatest radius in pixels. */
const SIZES = [
  [2, 8, 10.5],
  [3, 7, 8.5],
  [4, 6, 7.5],
] as const;

/** Light of the three channels, 1 is white; reused from image to image. */
const canvas = new Float32Array(SIDE * SIDE * 3);

/** Draws an image of class `label` into `out` [32,32,3] at `offset`. The same random stream gives the same image. */
export function drawScene(random: Random, label: number, out: Uint8Array, offset: number): void {
  const luma = random.uniform(0.12, 0.5);
  drawBackground(random, luma);
  drawClutter(random, luma);
  drawCopies(random, outlines[label]!, luma);
  develop(random, out, offset);
}

/** Two surfaces that meet along a line, so that no single background colour belongs to an image. */
function drawBackground(random: Random, luma: number): void {
  const left = randomSurface(random, luma + random.uniform(-0.08, 0.08), random.uniform(0, 0.07));
  const right = randomSurface(random, luma + random.uniform(-0.08, 0.08), random.uniform(0, 0.07));
  const angle = random.uniform(0, 2 * Math.PI);
  const [a, b, c] = [Math.cos(angle), Math.sin(angle), random.uniform(-10, 10)];
  for (let y = 0; y < SIDE; y++) for (let x = 0; x < SIDE; x++) paint(a * (x - SIDE / 2) + b * (y - SIDE / 2) > c ? right : left, x, y, 1);
}

/** Strokes and specks that belong to no class. */
function drawClutter(random: Random, luma: number): void {
  for (let piece = random.integer(4) + 1; piece > 0; piece--) {
    const surface = randomSurface(random, luma + random.uniform(-0.12, 0.25), 0.05);
    const radius = random.uniform(0.8, random.next() < 0.5 ? 2 : 14);
    const height = Math.min(1, random.uniform(0.5, 1.1) / radius);
    const pose = { x: random.uniform(0, SIDE), y: random.uniform(0, SIDE), radius, angle: random.uniform(0, Math.PI), height };
    stamp(surface, pose, (u, v) => Math.abs(u) < 1 && Math.abs(v) < height);
  }
}

/** Two to four copies, the fewer the larger, each with its own colours, place, turn and proportions. */
function drawCopies(random: Random, outline: Outline, luma: number): void {
  const [count, smallest, largest] = SIZES[random.integer(SIZES.length)]!;
  const placed: Spot[] = [];
  for (let copy = 0; copy < count; copy++) {
    const spot = freeSpot(random, random.uniform(smallest, largest), placed);
    if (spot === null) continue;
    placed.push(spot);
    const surface = randomSurface(random, luma + random.uniform(0.3, 0.45), random.uniform(0, 0.07));
    const stretch = random.uniform(1 / STRETCH, STRETCH);
    const pose = { ...spot, radius: spot.radius * STRETCH, angle: random.uniform(-TURN, TURN), height: 1 };
    stamp(surface, pose, (u, v) => outline.inside(u * STRETCH * stretch, (v * STRETCH) / stretch));
  }
}

interface Spot {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/** A place where the copy is inside of the image but for its border, and hides no other; the first copy always finds one. */
function freeSpot(random: Random, radius: number, placed: readonly Spot[]): Spot | null {
  const margin = radius * 0.9;
  for (let attempt = 0; attempt < 40; attempt++) {
    const x = random.uniform(margin, SIDE - margin);
    const y = random.uniform(margin, SIDE - margin);
    if (placed.every((other) => Math.hypot(x - other.x, y - other.y) > 0.95 * (radius + other.radius))) return { x, y, radius };
  }
  return null;
}

/** Where a piece is drawn: its centre and radius in pixels, its turn, and its height as a share of the radius. */
interface Pose {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly angle: number;
  readonly height: number;
}

/** Paints `surface` where the turned and scaled point is inside, with soft borders. */
function stamp(surface: Surface, pose: Pose, inside: (u: number, v: number) => boolean): void {
  const cos = Math.cos(pose.angle) / pose.radius;
  const sin = Math.sin(pose.angle) / pose.radius;
  const reach = pose.radius + 1;
  const edge = 1 / pose.radius;
  for (let y = Math.max(0, Math.floor(pose.y - reach)); y < Math.min(SIDE, pose.y + reach); y++)
    for (let x = Math.max(0, Math.floor(pose.x - reach)); x < Math.min(SIDE, pose.x + reach); x++) {
      const u = cos * (x + 0.5 - pose.x) + sin * (y + 0.5 - pose.y);
      const v = cos * (y + 0.5 - pose.y) - sin * (x + 0.5 - pose.x);
      if (Math.abs(v) > pose.height + edge || u * u + v * v > (1 + edge) * (1 + edge)) continue;
      let hits = 0;
      for (let row = -1; row <= 1; row++)
        for (let column = -1; column <= 1; column++) if (inside(u + (cos * column + sin * row) / 3, v + (cos * row - sin * column) / 3)) hits++;
      if (hits > 0) paint(surface, x, y, hits / 9);
    }
}

/** Lays the surface over a pixel; `cover` 1 hides what was there. */
function paint(surface: Surface, x: number, y: number, cover: number): void {
  const second = surface.pattern(x, y);
  const at = (y * SIDE + x) * 3;
  for (let channel = 0; channel < 3; channel++) {
    const value = surface.first[channel]! + (surface.second[channel]! - surface.first[channel]!) * second;
    canvas[at + channel] = canvas[at + channel]! + (value - canvas[at + channel]!) * cover;
  }
}

/** Light that falls unevenly and has a tint, then the noise of a sensor, then bytes. */
function develop(random: Random, out: Uint8Array, offset: number): void {
  const gain = [0, 1, 2].map(() => random.uniform(0.9, 1.05));
  const slopeX = random.uniform(-0.25, 0.25) / SIDE;
  const slopeY = random.uniform(-0.25, 0.25) / SIDE;
  const noise = random.uniform(1, 4);
  for (let y = 0, at = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) {
      const light = 255 * (1 + slopeX * (x - SIDE / 2) + slopeY * (y - SIDE / 2));
      const grain = noise * random.normal();
      for (let channel = 0; channel < 3; channel++, at++) {
        const value = Math.round(canvas[at]! * light * gain[channel]! + grain);
        out[offset + at] = value < 0 ? 0 : value > 255 ? 255 : value;
      }
    }
}
