/** @file What a graph needs while it runs, on graphs whose answer can be counted by hand. */
import assert from 'node:assert/strict';
import { liveMemory } from '@robenc/shared/graph/live-memory.js';
import { floats } from '@robenc/shared/graph/value.js';
import { newBuilder } from '@robenc/shared/ops/index.js';

describe('the memory that a graph needs while it runs', () => {
  it('of a chain is two values at a time, however long the chain is', () => {
    const g = newBuilder();
    let value = g.input('x', 'float32', [100]);
    for (let i = 0; i < 10; i++) value = g.node('Exp', [value]);
    g.output('y', value);
    assert.equal(liveMemory(g.build()).peak, 2 * 400);
  });

  it('holds a value until its last reader, as a backward pass does with activations', () => {
    const g = newBuilder();
    const x = g.input('x', 'float32', [100]);
    const kept = [g.node('Exp', [x])];
    for (let i = 1; i < 5; i++) kept.push(g.node('Exp', [kept.at(-1)!]));
    let back = g.node('Neg', [kept.at(-1)!]);
    for (const value of kept.toReversed()) back = g.mul(back, value);
    g.output('y', back);
    // Five activations, the gradient before a step and after it.
    assert.equal(liveMemory(g.build()).peak, 7 * 400);
  });

  it('counts other shapes of a value once, and constants apart', () => {
    const g = newBuilder();
    const x = g.input('x', 'float32', [10, 10]);
    const shaped = g.reshape(g.node('Exp', [x]), [100]);
    g.output('y', g.sum(g.mul(shaped, g.constant(floats(new Float32Array(100).fill(2), [100]))), null));
    const { peak, constants } = liveMemory(g.build());
    assert.equal(peak, 2 * 400);
    assert.ok(constants >= 400 && constants < 500, `${constants}`);
  });
});
