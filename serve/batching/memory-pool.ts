/**
 * @file Memory for batches and bodies that is used again and again. Fresh memory would be cleared and mapped for every batch, and V8 counts it as pressure: with a
 * hundred megabytes of it a second, the whole heap is marked several times a second.
 */

const LEAST = 4_096;

/** Memory that is used again, so that the collector of garbage has nothing to do. */
export class MemoryPool {
  readonly #free = new Map<number, ArrayBuffer[]>();
  readonly #most: number;
  #kept = 0;

  /** Keeps at most so many bytes for later, of all sizes together. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Bytes that lie ready. */
  get kept(): number {
    return this.#kept;
  }

  /** Memory of at least `bytes`, with whatever it holds. */
  take(bytes: number): ArrayBuffer {
    const size = sizeClass(bytes);
    const found = this.#free.get(size)?.pop();
    if (found === undefined) return new ArrayBuffer(size);
    this.#kept -= size;
    return found;
  }

  /** Memory of `take` that nobody reads or writes any more. What went to another thread and is not back has no bytes, and is passed over. */
  give(memory: ArrayBuffer): void {
    const size = memory.byteLength;
    if (size !== sizeClass(size) || this.#kept + size > this.#most) return;
    const free = this.#free.get(size);
    if (free === undefined) this.#free.set(size, [memory]);
    else free.push(memory);
    this.#kept += size;
  }
}

/** Sizes are 1, 1.25, 1.5 and 1.75 times a power of two, so that requests of many sizes share memory and a fifth of it is wasted at most. */
function sizeClass(bytes: number): number {
  if (bytes <= LEAST) return LEAST;
  const step = 2 ** (Math.floor(Math.log2(bytes - 1)) - 2);
  return Math.ceil(bytes / step) * step;
}
