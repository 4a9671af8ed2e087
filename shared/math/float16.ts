/** @file Half-precision numbers (IEEE 754 binary16) from and to their bit patterns. */

/** The number that 16 bits stand for; exact. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const single = new Float32Array(1);
const bitsOfSingle = new Uint32Array(single.buffer);

/** The bits of the nearest half, ties to even; beyond 65504 infinity. */
export function numberToHalf(value: number): number {
  single[0] = value;
  const bits = bitsOfSingle[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const fraction = bits & 0x7fffff;
  if (((bits >>> 23) & 0xff) === 255) return sign | 0x7c00 | (fraction === 0 ? 0 : 0x200);
  const exponent = ((bits >>> 23) & 0xff) - 112;
  if (exponent >= 31) return sign | 0x7c00;
  if (exponent < -10) return sign;
  // Below the smallest normal half the leading 1 becomes a bit of the fraction like the others.
  return sign | (exponent <= 0 ? rounded(fraction | 0x800000, 14 - exponent) : rounded((exponent << 23) | fraction, 13));
}

/** Drops bits, to the nearest and from the middle to the even one. */
function rounded(bits: number, dropped: number): number {
  const kept = bits >>> dropped;
  const rest = bits & ((1 << dropped) - 1);
  const half = 1 << (dropped - 1);
  return rest > half || (rest === half && kept & 1) ? kept + 1 : kept;
}
