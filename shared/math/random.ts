/** @file The only source of chance: seeded streams keyed by what they are for, so that order, batch size and threads do not matter. */

/** A stream of pseudo-random numbers (sfc32, Chris Doty-Humphrey's PractRand), keyed by a seed and any number of keys. */
export class Random {
  readonly #s: Uint32Array;
  #spare: number | null = null;

  /** Streams with different seeds or keys are independent: `new Random(seed, 'crops', epoch, imageIndex)`. */
  constructor(seed: number, ...keys: readonly (string | number)[]) {
    this.#s = new Uint32Array(4);
    let h = 0x9e3779b9 ^ (seed | 0) ^ Math.imul(Math.floor(seed / 0x100000000), 0x85ebca6b);
    const text = keys.join('\u0001');
    for (let i = 0; i < text.length; i++) h = mix(Math.imul(h ^ text.charCodeAt(i), 0x01000193) + 0x7f4a7c15);
    for (let i = 0; i < 3; i++) this.#s[i] = h = mix(h + 0x6d2b79f5 * (i + 1));
    this.#s[3] = 1;
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** An integer in [0, 2^32). */
  uint32(): number {
    const s = this.#s;
    const t = (s[0]! + s[1]! + s[3]!) >>> 0;
    s[3] = s[3]! + 1;
    s[0] = s[1]! ^ (s[1]! >>> 9);
    s[1] = s[2]! + (s[2]! << 3);
    s[2] = ((s[2]! << 21) | (s[2]! >>> 11)) + t;
    return t;
  }

  /** A number in [0, 1) with 53 random bits. */
  next(): number {
    return ((this.uint32() >>> 5) * 67108864 + (this.uint32() >>> 6)) / 9007199254740992;
  }

  /** A number in [low, high). */
  uniform(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** An integer in [0, n). */
  integer(n: number): number {
    return Math.floor(this.next() * n);
  }

  /** A standard normal number (Box-Muller, both values used). */
  normal(): number {
    if (this.#spare !== null) {
      const spare = this.#spare;
      this.#spare = null;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    const angle = 2 * Math.PI * this.next();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** The integers 0..n-1 in random order (Fisher-Yates). */
  permutation(n: number): Int32Array {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const t = order[i]!;
      order[i] = order[j]!;
      order[j] = t;
    }
    return order;
  }
}

/** The finaliser of MurmurHash3: every input bit moves every output bit. */
function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
