/** @file Reading an attack radius: robustness papers write "8/255", programs write 0.0314. */
import { Type } from '@sinclair/typebox';
import { RobencError } from '../errors.js';

/** A radius as files and requests may write it; give the checked value to `parseEpsilon`. */
export const Epsilon = Type.Union([Type.Number({ minimum: 0 }), Type.String()], { description: 'a number such as 0.03 or a fraction such as "8/255"' });

const FORM = /^\s*(\d+(?:\.\d*)?(?:e[-+]?\d+)?|\.\d+)\s*(?:\/\s*(\d+(?:\.\d*)?))?\s*$/i;

/**
 * `8/255`, `0.03` or a number, as a distance between pixels of [0,1]. Throws `bad-input`, naming `field`, for anything else, a negative value or
 * one above `maximum` (1 fits Linf; give Infinity for L2 and L1, whose distances grow with the image).
 */
export function parseEpsilon(value: unknown, { field = 'epsilon', maximum = 1 }: { field?: string; maximum?: number } = {}): number {
  const number = typeof value === 'number' ? value : typeof value === 'string' ? fraction(value) : NaN;
  if (!Number.isFinite(number) || number < 0)
    throw new RobencError(
      'bad-input',
      `${field}: ${JSON.stringify(value) ?? String(value)} is not a distance. ${typeof value === 'string' && value.includes(',') ? 'Several distances go into a list, one by one.' : 'Give a number such as 0.03 or a fraction such as "8/255".'}`,
      { field },
    );
  if (number > maximum)
    throw new RobencError(
      'bad-input',
      `${field}: ${String(value)} is above ${maximum}, the whole range of pixels in [0,1].${number <= 255 ? ` Perhaps ${number}/255 is meant.` : ' Give a number up to 1 or a fraction such as "8/255".'}`,
      {
        field,
      },
    );
  return number;
}

function fraction(text: string): number {
  const parts = FORM.exec(text);
  return parts === null ? NaN : Number(parts[1]) / Number(parts[2] ?? 1);
}
