/** @file The property of mutated models: reading, inspecting, differentiating and writing them ends soon, in a result or a RobencError. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { mutateBytes, mutateMessages } from './mutate.js';
import { seeds } from './seeds.js';
import { useEverything } from './use.js';

/** One action on a model of a few hundred bytes may take so long. */
const MILLISECONDS = 2000;

const mutation = fc.record({ kind: fc.nat(59), at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), value: fc.nat(0xff_ffff) });
const mutations = fc.record({ seed: fc.nat(seeds.length - 1), changes: fc.array(mutation, { minLength: 1, maxLength: 4 }), messages: fc.nat(2) });

/** Tests so many mutations, a third of them of bytes; a failure prints the smallest that fails. */
export function itEndsSoon(cases: number, seed: number): void {
  it(`${cases} mutated models: a result or a RobencError, soon`, function () {
    this.timeout(20 * 60_000);
    fc.assert(
      fc.property(mutations, ({ seed: which, changes, messages }) => {
        const bytes = messages === 0 ? mutateBytes(seeds[which]!, changes) : mutateMessages(seeds[which]!, changes);
        if (bytes === null) return;
        const { ms } = useEverything(bytes, '/nowhere');
        assert.ok(ms < MILLISECONDS, `${ms.toFixed(0)} ms`);
      }),
      { numRuns: cases, seed, endOnFailure: false },
    );
  });
}
