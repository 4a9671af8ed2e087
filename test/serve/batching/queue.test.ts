/** @file The pure queue: order, sizes, fairness and what falls out of it. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Lanes } from '@robenc/serve/batching/lanes.js';
import { BatchQueue, type Job, type Piece } from '@robenc/serve/batching/queue.js';

interface Named extends Job {
  readonly name: string;
}
const job = (name: string, key = 'a', rows = 1): Named => ({ name, key, rows });
const names = (batch: readonly Piece<Named>[] | null) =>
  batch?.map(({ job: { name }, start, count }) => (count === 1 && start === 0 ? name : `${name}:${start}+${count}`)) ?? null;

describe('BatchQueue', () => {
  it('jobs of one key travel together, in order of arrival, and one that does not fit is cut', () => {
    const queue = new BatchQueue<Named>();
    for (const added of [job('1'), job('2', 'a', 2), job('3', 'a', 2), job('4')]) queue.add(added);
    assert.deepEqual(names(queue.take(4)), ['1', '2:0+2', '3']);
    assert.equal(queue.rows, 2);
    assert.deepEqual(names(queue.take(4))!.sort(), ['3:1+1', '4']);
    assert.equal(queue.take(4), null);
  });

  it('the key whose first job came first goes first, and other keys keep their place', () => {
    const queue = new BatchQueue<Named>();
    for (const added of [job('a1'), job('b1', 'b'), job('a2'), job('a3'), job('b2', 'b')]) queue.add(added);
    assert.deepEqual([names(queue.take(2)), names(queue.take(2)), names(queue.take(2))], [['a1', 'a2'], ['b1', 'b2'], ['a3']]);
  });

  it('small jobs that come after a large one do not wait for all of it, and the large one gets its share of an endless stream of them', () => {
    const queue = new BatchQueue<Named>();
    queue.add(job('big', 'a', 400));
    queue.take(8);
    queue.add(job('small'));
    assert.equal(names(queue.take(8))![0], 'small');
    let big = 0;
    let waited = 0;
    for (let i = 0; i < 100; i++) {
      for (let j = 0; j < 8; j++) queue.add(job(`s${i}.${j}`));
      const batch = queue.take(8)!;
      big += batch.filter((piece) => piece.job.name === 'big').reduce((sum, { count }) => sum + count, 0);
      waited = queue.rows;
    }
    assert.ok(big >= 8, `the large job got ${big} rows`);
    assert.ok(waited < 400 + 100, `${waited} rows wait`);
  });

  it('a removed job is never taken, and removing it again says that it is gone', () => {
    const queue = new BatchQueue<Named>();
    const [first, second] = [job('1', 'a', 3), job('2')];
    queue.add(first);
    queue.add(second);
    assert.equal(queue.remove(first), true);
    assert.equal(queue.remove(first), false);
    assert.equal(queue.rows, 1);
    assert.deepEqual(names(queue.take(4)), ['2']);
    assert.equal(queue.remove(second), false);
    assert.equal(queue.rows, 0);
  });

  it('whatever is added and removed: each row left is taken once, batches have one key and fit, rows add up', () => {
    const jobs = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c'), rows: fc.integer({ min: 1, max: 9 }), dropped: fc.boolean() }), { maxLength: 60 });
    fc.assert(
      fc.property(jobs, fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }), (specs, limit, ofLarge) => {
        const queue = new BatchQueue<Named>();
        const added = specs.map(({ key, rows }, i) => job(String(i), key, rows));
        for (const one of added) queue.add(one);
        added.forEach((one, i) => specs[i]!.dropped && queue.remove(one));
        const left = added.filter((_, i) => !specs[i]!.dropped);
        const total = left.reduce((sum, one) => sum + one.rows, 0);
        assert.equal(queue.rows, total);
        const seen = new Map<Named, number[]>();
        for (let batch = queue.take(limit, ofLarge); batch !== null; batch = queue.take(limit, ofLarge)) {
          assert.equal(new Set(batch.map((piece) => piece.job.key)).size, 1);
          assert.ok(batch.reduce((sum, { count }) => sum + count, 0) <= limit);
          assert.ok(batch.reduce((sum, { job: { rows }, count }) => sum + (rows > ofLarge ? count : 0), 0) <= ofLarge);
          for (const { job: one, start, count } of batch) seen.set(one, [...(seen.get(one) ?? []), ...Array.from({ length: count }, (_, i) => start + i)]);
        }
        for (const one of left)
          assert.deepEqual(
            seen.get(one),
            Array.from({ length: one.rows }, (_, i) => i),
          );
        assert.deepEqual([seen.size, queue.rows], [left.length, 0]);
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});

describe('Lanes', () => {
  const lanes = (slots = 1) => new Lanes<Named>({ batchRows: 8, slots, backgroundShare: 0.2 });
  const one = () => 10;

  it('while both wait, background work gets its share of the time and no more', () => {
    const both = lanes();
    both.add('background', job('long', 'b', 100_000), 0);
    both.add('interactive', job('people', 'a', 100_000), 0);
    const rows = { interactive: 0, background: 0 };
    for (let i = 0; i < 2_000; i++) {
      const { lane, batch } = both.take(1, 0, 0, one)!;
      rows[lane] += batch.reduce((sum, { count }) => sum + count, 0);
    }
    const share = rows.background / (rows.background + rows.interactive);
    assert.ok(Math.abs(share - 0.2) < 0.02, String(share));
  });

  it('alone, each gets everything, in whole batches', () => {
    const quiet = lanes();
    quiet.add('background', job('long', 'b', 20), 10_000);
    assert.deepEqual(
      [8, 8, 4].map(() => quiet.take(1, 0, 10_000, one)!.batch[0]!.count),
      [8, 8, 4],
    );
    assert.equal(quiet.take(1, 0, 10_000, one), null);
  });

  it('after a person came, background batches are short and one slot stays free', () => {
    const busy = lanes(2);
    busy.add('interactive', job('person'), 0);
    assert.equal(busy.take(2, 0, 0, one)!.lane, 'interactive');
    busy.add('background', job('long', 'b', 100), 0);
    assert.equal(busy.take(1, 0, 500, one)!.batch[0]!.count, 5);
    assert.equal(busy.take(1, 1, 500, one), null);
    assert.equal(busy.take(1, 1, 1_500, one)!.batch[0]!.count, 8);
  });

  it('while small jobs come, a large one gets a part of each batch that is soon done, and whole ones when they have gone', () => {
    const both = lanes();
    both.add('interactive', job('large', 'a', 100), 0);
    assert.equal(both.take(1, 0, 0, one)!.batch[0]!.count, 8);
    for (const name of ['small', 'other']) both.add('interactive', job(name, 'a'), 100);
    const { batch } = both.take(1, 0, 100, one)!;
    assert.deepEqual(Object.fromEntries(batch.map((piece) => [piece.job.name, piece.count])), { large: 2, small: 1, other: 1 });
    assert.equal(both.take(1, 0, 1_000, one)!.batch[0]!.count, 2);
    assert.equal(both.take(1, 0, 1_100, one)!.batch[0]!.count, 8);
  });

  it('what waits is spread over the slots that are idle', () => {
    const both = lanes(2);
    both.add('interactive', job('many', 'a', 6), 0);
    assert.equal(both.take(2, 0, 0, one)!.batch[0]!.count, 3);
    assert.equal(both.take(1, 0, 0, one)!.batch[0]!.count, 3);
  });
});
