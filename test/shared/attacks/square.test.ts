/** @file Square shrinks its windows as published and finds what it must on a linear model. */
import assert from 'node:assert/strict';
import { square } from '@robenc/shared/attacks/square.js';
import { squareSide } from '@robenc/shared/attacks/square-schedule.js';
import { linearOracle, randomImages } from './linear-oracle.js';

describe('square', () => {
  it('has the published sides', () => {
    const sides = (size: number) => [0, 11, 51, 201, 501, 1001, 2001, 4001].map((iteration) => squareSide(iteration, 0.8, size, size));
    assert.deepEqual(sides(32), [29, 20, 14, 10, 7, 5, 4, 3]);
    assert.deepEqual(sides(64), [57, 40, 29, 20, 14, 10, 7, 5]);
    assert.deepEqual(sides(224), [200, 142, 100, 71, 50, 35, 25, 18]);
    assert.equal(squareSide(0, 0.8, 4, 100), 4);
  });

  it('breaks nothing below the closed-form distance and most images well above it, without one gradient', async () => {
    const [size, seed] = [48, 3];
    const oracle = linearOracle(size, 2, seed, 0.3);
    const { x, labels } = await randomImages(oracle, [3, 4, 4], 20, seed, [0.4, 0.6]);
    const logits = await oracle.forward(x);
    const dual = Array.from({ length: size }, (_, j) => Math.abs(oracle.weights[j]! - oracle.weights[size + j]!)).reduce((a, b) => a + b);
    const distances = Array.from(labels, (_, i) => Math.abs(logits[2 * i]! - logits[2 * i + 1]!) / dual);
    const epsilon = distances.toSorted((a, b) => a - b)[10]!;
    const outcomes = await square.run({ oracle, x, labels, options: { epsilon, queries: 1500 }, seed });
    outcomes.forEach(({ broken }, i) => assert.ok(!broken || distances[i]! <= epsilon * 1.001));
    assert.ok(outcomes.every(({ broken }, i) => broken || distances[i]! > epsilon / 2));
    assert.ok(outcomes.filter(({ broken }) => broken).length >= 5);
    assert.equal(oracle.gradientSizes.length, 0);
  });
});
