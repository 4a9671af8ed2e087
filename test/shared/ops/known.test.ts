/** @file Arithmetic on sizes that are known before the run: what stays symbolic, what folds, and what is honestly unknown. */
import assert from 'node:assert/strict';
import { numbersOf, type Dim, type Value } from '@robenc/shared/graph/value.js';
import { newBuilder } from '@robenc/shared/ops/index.js';

/** The sizes of a tensor [batch, 6, 4] after an operator with a list, as far as they are known. */
function after(op: string, list: readonly number[], swap = false): readonly Dim[] | null {
  const g = newBuilder();
  const sizes = g.node('Shape', [g.input('x', 'float32', ['batch', 6, 4])]);
  const other = g.ints(list);
  return g.node(op, swap ? [other, sizes] : [sizes, other]).known;
}

describe('arithmetic on sizes', () => {
  it('products and exact quotients keep symbols', () => {
    assert.deepEqual(after('Mul', [2]), ['2*batch', 12, 8]);
    assert.deepEqual(after('Mul', [1, 2, 3]), ['batch', 12, 12]);
    assert.deepEqual(after('Div', [1, 4, 4]), ['batch', 1, 1]);
  });

  it('sums with symbols are symbols of their own, spelled alike whichever comes first', () => {
    assert.deepEqual(after('Add', [1, 0, 0]), ['(1+batch)', 6, 4]);
    assert.deepEqual(after('Add', [1, 0, 0], true), after('Add', [1, 0, 0]));
  });

  it('what is not known stays unknown rather than guessed', () => {
    assert.equal(after('Mul', [-1]), null);
    assert.equal(after('Div', [3]), null);
    assert.equal(after('Sub', [1]), null);
    assert.equal(after('Max', [3]), null);
  });

  it('a symbol is never negative and never 0, and otherwise incomparable', () => {
    assert.deepEqual(after('Equal', [-1]), [0, 0, 0]);
    assert.deepEqual(after('Greater', [0]), [1, 1, 1]);
    assert.deepEqual(after('Less', [0], true), [1, 1, 1]);
    assert.equal(after('Equal', [8]), null);
  });

  it('integer division rounds toward zero, float division does not', () => {
    const g = newBuilder();
    const half = (v: Value): readonly Dim[] => {
      const { known, data } = g.div(v, g.cast(g.ints([2]), v.type.dtype));
      return known ?? numbersOf(data!);
    };
    assert.deepEqual(half(g.ints([7, -7])), [3, -3]);
    assert.deepEqual(half(g.cast(g.ints([7, -7]), 'float32')), [3.5, -3.5]);
  });

  it('bounds cut off numbers, and let symbols pass that they cannot touch', () => {
    const clipped = (low: number | null, high: number | null): readonly Dim[] | null => {
      const g = newBuilder();
      const sizes = g.node('Shape', [g.input('x', 'float32', ['batch', 6, 4])]);
      const [least, most] = [low, high].map((bound) => (bound === null ? null : g.scalar(bound, 'int64')));
      return g.node('Clip', [sizes, least!, most!]).known;
    };
    assert.deepEqual(clipped(1, null), ['batch', 6, 4]);
    assert.equal(clipped(2, null), null);
    assert.equal(clipped(null, 5), null);
    const g = newBuilder();
    const whole = g.node('Shape', [g.input('x', 'float32', [9, 6, 4])]);
    assert.deepEqual(g.node('Clip', [whole, g.scalar(5, 'int64'), g.scalar(8, 'int64')]).known, [8, 6, 5]);
  });

  it('rounding and remainders are those of ONNX', () => {
    const g = newBuilder();
    const halves = g.constant({ dtype: 'float32', shape: [4], data: Float32Array.of(0.5, 1.5, -0.5, 2.6) });
    assert.deepEqual(g.cast(g.node('Round', [halves]), 'int64').known, [0, 2, 0, 3]);
    assert.deepEqual(g.cast(g.node('Floor', [halves]), 'int64').known, [0, 1, -1, 2]);
    assert.deepEqual(g.node('Mod', [g.ints([7, -7]), g.ints([4])]).known, [3, 1]);
    assert.deepEqual(g.node('Mod', [g.ints([7, -7]), g.ints([4])], { fmod: 1 }).known, [3, -3]);
  });

  it('fully known int64 results are constants, so that no node computes them', () => {
    const g = newBuilder();
    const x = g.input('x', 'float32', [2, 3]);
    assert.ok(g.node('Concat', [g.node('Shape', [x]), g.ints([5])], { axis: 0 }).data);
    assert.equal(g.nodes.length, 0);
  });
});
