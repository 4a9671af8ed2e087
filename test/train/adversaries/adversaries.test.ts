/** @file Adversaries: their plans, and the functions that move a perturbation. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { check } from '@robenc/shared/config/check.js';
import { adversaries } from '@robenc/train/adversaries/index.js';
import { ascend, intoBox, perturb } from '@robenc/train/adversaries/perturbation.js';

function plan(name: string, options: object = {}) {
  const adversary = adversaries.get(name);
  return adversary.plan(check(adversary.config, options, name));
}

describe('adversaries', () => {
  before(() => tf.setBackend('cpu'));

  it('none, pgd and free plan their passes', () => {
    assert.deepEqual(plan('none'), { epsilon: 0, stepSize: 0, attackSteps: 0, replays: 1, carries: false, views: 'all' });
    assert.deepEqual(plan('pgd', { steps: 7 }), { epsilon: 8 / 255, stepSize: 0.01, attackSteps: 7, replays: 1, carries: false, views: 'all' });
    assert.deepEqual(plan('free', { replays: 4, epsilon: 0.1, stepSize: '2/255' }), {
      epsilon: 0.1,
      stepSize: 2 / 255,
      attackSteps: 0,
      replays: 4,
      carries: true,
      views: 'all',
    });
  });

  it('an epsilon that is no distance is refused by name', () => {
    assert.throws(() => plan('free', { epsilon: 'eight' }), /adversary.epsilon.*"eight"/);
    assert.throws(() => plan('pgd', { stepSize: '8' }), /adversary.stepSize.*8\/255/);
  });

  it('a perturbation is cut where it would leave [0,1]', () => {
    const delta = tf.tidy(() => intoBox(tf.tensor1d([0.1, 0.5, 0.95]), tf.tensor1d([-0.2, 0.2, 0.2])).dataSync());
    for (const [index, expected] of [-0.1, 0.2, 0.05].entries()) assert.ok(Math.abs(delta[index]! - expected) < 1e-6);
  });

  it('with views "last" only the last view changes, and is kept in [0,1] by its own pixels', () => {
    tf.tidy(() => {
      const x = tf.tensor2d([0.1, 0.2, 0.3, 0.4, 0.5, 0.95], [6, 1]);
      const delta = intoBox(x, tf.tensor2d([0.2, 0.2], [2, 1]));
      for (const [i, expected] of [0.2, 0.05].entries()) assert.ok(Math.abs(delta.dataSync()[i]! - expected) < 1e-6);
      const seen = perturb(x, delta).dataSync();
      for (const [i, expected] of [0.1, 0.2, 0.3, 0.4, 0.7, 1].entries()) assert.ok(Math.abs(seen[i]! - expected) < 1e-6);
    });
  });

  it('an ascent step follows the sign of the gradient, stops at epsilon, and rests where the gradient is zero', () => {
    const delta = tf.tidy(() => {
      const x = tf.fill([4], 0.5);
      return ascend({ ...plan('free', { epsilon: 0.1, stepSize: 0.05 }) }, x, tf.tensor1d([0, 0.08, -0.02, 0.03]), tf.tensor1d([1e-9, 5, -7, 0])).dataSync();
    });
    for (const [index, expected] of [0.05, 0.1, -0.07, 0.03].entries()) assert.ok(Math.abs(delta[index]! - expected) < 1e-6);
  });
});
