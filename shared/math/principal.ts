/** @file The first principal components of a cloud of points. */
import { Random } from './random.js';

export interface Principal {
  /** [count,components] */
  readonly coordinates: Float64Array;
  /** The share of the variance that each component has; 0 where there is none. */
  readonly shares: readonly number[];
}

const ROUNDS = 300;
const TOLERANCE = 1e-9;

/**
 * Coordinates of `points` [count,size] along the directions of largest variance, by power iteration on the centred points without making their covariance.
 * Each direction has its largest coordinate positive, so the same points always give the same picture.
 */
export function principalComponents(points: Float32Array, size: number, components = 2): Principal {
  const count = points.length / size;
  const centred = Float64Array.from(points);
  for (let j = 0; j < size; j++) {
    let mean = 0;
    for (let i = 0; i < count; i++) mean += centred[i * size + j]! / count;
    for (let i = 0; i < count; i++) centred[i * size + j]! -= mean;
  }
  const total = centred.reduce((sum, value) => sum + value * value, 0);
  const coordinates = new Float64Array(count * components);
  const shares: number[] = [];
  for (let component = 0; component < components; component++) {
    const direction = mainDirection(centred, size, component);
    const along = project(centred, size, direction);
    // What lies along it is taken out, so that the next direction is another one.
    along.forEach((value, i) => direction.forEach((part, j) => (centred[i * size + j]! -= value * part)));
    shares.push(total === 0 ? 0 : along.reduce((sum, value) => sum + value * value, 0) / total);
    along.forEach((value, i) => (coordinates[i * components + component] = value));
  }
  return { coordinates, shares };
}

/** The unit direction of largest variance. */
function mainDirection(centred: Float64Array, size: number, seed: number): Float64Array {
  const count = centred.length / size;
  const random = new Random(seed, 'principal');
  let direction = unit(Float64Array.from({ length: size }, () => random.normal()));
  for (let round = 0; round < ROUNDS; round++) {
    const along = project(centred, size, direction);
    const next = new Float64Array(size);
    for (let i = 0; i < count; i++) for (let j = 0; j < size; j++) next[j]! += along[i]! * centred[i * size + j]!;
    const moved = unit(next);
    const cosine = moved.reduce((sum, value, j) => sum + value * direction[j]!, 0);
    direction = moved;
    if (1 - Math.abs(cosine) < TOLERANCE) break;
  }
  const largest = direction.reduce((best, value, j) => (Math.abs(value) > Math.abs(direction[best]!) ? j : best), 0);
  return direction[largest]! < 0 ? direction.map((value) => -value) : direction;
}

/** Coordinates along `direction`. */
function project(points: Float64Array, size: number, direction: Float64Array): Float64Array {
  return Float64Array.from({ length: points.length / size }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += points[i * size + j]! * direction[j]!;
    return sum;
  });
}

function unit(vector: Float64Array): Float64Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return length === 0 ? vector : vector.map((value) => value / length);
}
