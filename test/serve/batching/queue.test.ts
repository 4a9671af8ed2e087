/** @file The pure queue: order, sizes and what falls out of it. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BatchQueue, type Job } from '@robenc/serve/batching/queue.js';

interface Named extends Job {
  readonly name: string;
}
const job = (name: string, key = 'a', rows = 1): Named => ({ name, key, rows });
const names = (batch: readonly Named[] | null) => batch?.map(({ name }) => name) ?? null;

describe('BatchQueue', () => {
  it('jobs of one key travel together, in order of arrival, up to the rows of a batch', () => {
    const queue = new BatchQueue<Named>({ batchRows: 4 });
    for (const added of [job('1'), job('2', 'a', 2), job('3', 'a', 2), job('4')]) queue.add(added);
    assert.deepEqual(names(queue.take()), ['1', '2']);
    assert.deepEqual(names(queue.take()), ['3', '4']);
    assert.equal(queue.take(), null);
  });

  it('the key whose first job came first goes first, and other keys keep their place', () => {
    const queue = new BatchQueue<Named>({ batchRows: 2 });
    for (const added of [job('a1'), job('b1', 'b'), job('a2'), job('a3'), job('b2', 'b')]) queue.add(added);
    assert.deepEqual([names(queue.take()), names(queue.take()), names(queue.take())], [['a1', 'a2'], ['b1', 'b2'], ['a3']]);
  });

  it('a job larger than a batch travels alone', () => {
    const queue = new BatchQueue<Named>({ batchRows: 4 });
    for (const added of [job('big', 'a', 9), job('small')]) queue.add(added);
    assert.deepEqual(names(queue.take()), ['big']);
    assert.deepEqual(names(queue.take()), ['small']);
  });

  it('a removed job is never taken, and removing it again says that it is gone', () => {
    const queue = new BatchQueue<Named>({ batchRows: 4 });
    const [first, second] = [job('1', 'a', 3), job('2')];
    queue.add(first);
    queue.add(second);
    assert.equal(queue.remove(first), true);
    assert.equal(queue.remove(first), false);
    assert.equal(queue.rows, 1);
    assert.deepEqual(names(queue.take()), ['2']);
    assert.equal(queue.remove(second), false);
    assert.equal(queue.rows, 0);
  });

  it('whatever is added and removed: each job left is taken once, batches have one key and fit, keys keep their order, rows add up', () => {
    const jobs = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c'), rows: fc.integer({ min: 1, max: 9 }), dropped: fc.boolean() }), { maxLength: 60 });
    fc.assert(
      fc.property(jobs, fc.integer({ min: 1, max: 12 }), (specs, batchRows) => {
        const queue = new BatchQueue<Named>({ batchRows });
        const added = specs.map(({ key, rows }, i) => job(String(i), key, rows));
        for (const one of added) queue.add(one);
        added.forEach((one, i) => specs[i]!.dropped && queue.remove(one));
        const left = added.filter((_, i) => !specs[i]!.dropped);
        assert.equal(
          queue.rows,
          left.reduce((sum, one) => sum + one.rows, 0),
        );
        const batches: Named[][] = [];
        for (let batch = queue.take(); batch !== null; batch = queue.take()) batches.push([...batch]);
        for (const batch of batches) {
          assert.equal(new Set(batch.map(({ key }) => key)).size, 1);
          assert.ok(batch.length === 1 || batch.reduce((sum, { rows }) => sum + rows, 0) <= batchRows);
        }
        const taken = batches.flat();
        for (const key of ['a', 'b', 'c']) assert.deepEqual(names(taken.filter((one) => one.key === key)), names(left.filter((one) => one.key === key)));
        assert.equal(queue.rows, 0);
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});
