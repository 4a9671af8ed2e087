/** @file Memory that is used again: never by two at once, never more of it than agreed. */
import assert from 'node:assert/strict';
import { MemoryPool } from '@robenc/serve/batching/memory-pool.js';

describe('memory that is used again', () => {
  it('is as long as was asked for, and at most a quarter longer', () => {
    const pool = new MemoryPool(0);
    for (const bytes of [4_096, 4_097, 5_000, 12_288, 98_304, 98_305, 131_072, 1_000_003]) {
      const { byteLength } = pool.take(bytes);
      assert.ok(byteLength >= bytes && byteLength <= 1.25 * bytes, `${byteLength} for ${bytes}`);
    }
    assert.equal(pool.take(1).byteLength, 4_096);
  });

  it('is given to one taker at a time, of the sizes that fit it only', () => {
    const pool = new MemoryPool(1_000_000);
    const [first, second] = [pool.take(100_000), pool.take(100_000)];
    assert.notEqual(first, second);
    pool.give(first);
    assert.notEqual(pool.take(50_000), first);
    assert.equal(pool.take(99_000), first);
    assert.notEqual(pool.take(99_000), first);
  });

  it('is kept up to the limit, and what is still in another thread not at all', () => {
    const pool = new MemoryPool(10_000);
    const [first, second, third] = [pool.take(4_096), pool.take(4_096), pool.take(4_096)];
    structuredClone(first, { transfer: [first] });
    pool.give(first);
    assert.equal(pool.kept, 0);
    const fourth = pool.take(4_096);
    for (const memory of [second, third, fourth]) pool.give(memory);
    assert.equal(pool.kept, 8_192);
  });
});
