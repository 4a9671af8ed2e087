/** @file What a common corruption is, and its way to an image of whole 8-bit levels. */
import { RobencError } from '../../errors.js';
import type { Random } from '../../math/random.js';

/** An image [channels,height,width] in [0,1], as models see it. A plane of one channel is one too. */
export interface Planes {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

export type Severities<C> = readonly [C, C, C, C, C];

/** A family of corruptions at five severities (Hendrycks and Dietterich, arXiv 1903.12261). */
export interface Corruption<C = unknown> {
  readonly name: string;
  readonly group: 'noise' | 'blur' | 'weather' | 'digital';
  /** Not among those whose mean is told; the paper has them for validation. */
  readonly extra?: boolean;
  /** Constants of CIFAR-10-C, for small images. */
  readonly small: Severities<C>;
  /** Constants of ImageNet-C. */
  readonly large: Severities<C>;
  /** Does not change its input; what it gives may leave [0,1]. */
  apply(image: Planes, constants: C, random: Random): Planes | Promise<Planes>;
}

/** Images whose smaller side is at most this take the constants of CIFAR-10-C, whose images have 32 pixels; ImageNet-C's have 224. */
const SMALL = 64;

export function isSmall({ width, height }: Pick<Planes, 'width' | 'height'>): boolean {
  return Math.min(width, height) <= SMALL;
}

/** The constants at a severity of 1 to 5. Throws `bad-input` for another one. */
export function constantsOf<C>(corruption: Corruption<C>, severity: number, size: Pick<Planes, 'width' | 'height'>): C {
  const constants = (isSmall(size) ? corruption.small : corruption.large)[severity - 1];
  if (constants === undefined) throw new RobencError('bad-input', `There is no severity ${severity} of ${corruption.name}. Give 1, 2, 3, 4 or 5.`);
  return constants;
}

/** The corrupted image, cut to [0,1] and rounded to whole levels of 8 bits. The same stream gives the same image. */
export async function corrupt<C>(corruption: Corruption<C>, image: Planes, severity: number, random: Random): Promise<Planes> {
  const { width, height, data } = await corruption.apply(image, constantsOf(corruption, severity, image), random);
  return { width, height, data: data.map((value) => Math.round(Math.min(Math.max(value, 0), 1) * 255) / 255) };
}
