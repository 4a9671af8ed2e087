/** @file Optimizers against PyTorch, and against their formulas. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { adamw } from '@robenc/train/optimizers/adamw.js';
import { lars } from '@robenc/train/optimizers/lars.js';
import { sgd } from '@robenc/train/optimizers/sgd.js';
import { toBackend, type Parameters } from '@robenc/train/tensors/parameters.js';
import { FIXTURES, readCase, relativeDistance } from '../reference.js';

const LARS = { momentum: 0.9, nesterov: true, weightDecay: 1e-4, trust: 0.005, clip: true, epsilon: 1e-8, excludeBiasAndNorm: true };

describe('optimizers', () => {
  before(() => tf.setBackend('cpu'));

  it('LARS: five parameters agree with PyTorch within 1e-6 over six steps', () => {
    const reference = readCase(join(FIXTURES, 'lars'));
    const { lrs, momentum, nesterov, weightDecay, eta, eps, clip, excludeBiasAndNorm } = reference.facts as {
      lrs: number[];
      momentum: number;
      nesterov: boolean;
      weightDecay: number;
      eta: number;
      eps: number;
      clip: boolean;
      excludeBiasAndNorm: boolean;
    };
    const config = { momentum, nesterov, weightDecay, trust: eta, clip, epsilon: eps, excludeBiasAndNorm };
    const names = [0, 1, 2, 3, 4].map((index) => `p${index}`);
    const initial: Parameters = Object.fromEntries(names.map((name) => [name, reference.array(`${name}_init`)]));
    let params = toBackend(initial);
    let slots = toBackend(lars.init(config, initial));
    for (const [step, rate] of lrs.entries()) {
      const grads = toBackend(Object.fromEntries(names.map((name) => [name, reference.array(`${name.replace('p', 'g')}_step${step}`)])));
      ({ params, slots } = lars.update(config, { params, grads, slots, learningRate: tf.scalar(rate) }));
      for (const name of names) {
        const distance = relativeDistance(params[name]!.dataSync(), reference.array(`${name}_step${step}`).data);
        assert.ok(distance < 1e-6, `${name} after step ${step}: relative distance ${distance}`);
      }
    }
  });

  it('AdamW: two parameters agree with PyTorch within 1e-6 over four steps', () => {
    const reference = readCase(join(FIXTURES, 'adamw'));
    const { lrs, beta1, beta2, epsilon, weightDecay } = reference.facts as Record<string, number> & { lrs: number[] };
    const config = { beta1: beta1!, beta2: beta2!, epsilon: epsilon!, weightDecay: weightDecay!, excludeBiasAndNorm: false };
    const initial: Parameters = Object.fromEntries(['p0', 'p1'].map((name) => [name, reference.array(`${name}_init`)]));
    let params = toBackend(initial);
    let slots = toBackend(adamw.init(config, initial));
    for (const [step, rate] of lrs.entries()) {
      const grads = toBackend(Object.fromEntries(['p0', 'p1'].map((name) => [name, reference.array(`${name.replace('p', 'g')}_step${step}`)])));
      ({ params, slots } = adamw.update(config, { params, grads, slots, learningRate: tf.scalar(rate) }));
      for (const name of ['p0', 'p1']) {
        const distance = relativeDistance(params[name]!.dataSync(), reference.array(`${name}_step${step}`).data);
        assert.ok(distance < 1e-6, `${name} after step ${step}: relative distance ${distance}`);
      }
    }
  });

  it('LARS: a layer whose weights or gradient are zero keeps finite values, at learning rate 0 too', () => {
    tf.tidy(() => {
      const params = { weight: tf.zeros([2, 2]), still: tf.ones([2, 2]) };
      const grads = { weight: tf.ones([2, 2]), still: tf.zeros([2, 2]) };
      const slots = { weight: tf.zeros([2, 2]), still: tf.zeros([2, 2]) };
      for (const [rate, expected] of [
        [0, 0],
        [0.1, -0.19],
      ] as const) {
        const next = lars.update(LARS, { params, grads, slots, learningRate: tf.scalar(rate) }).params;
        assert.ok(Math.abs(next['weight']!.dataSync()[0]! - expected) < 1e-7);
        assert.equal(next['still']!.dataSync()[0], 1);
      }
    });
  });

  it('LARS: without clip the step is scaled by the trusted length itself', () => {
    tf.tidy(() => {
      const one = (value: number): { w: tf.Tensor } => ({ w: tf.fill([1, 1], value) });
      const config = { ...LARS, clip: false, weightDecay: 0, momentum: 0 };
      const { params } = lars.update(config, { params: one(2), grads: one(4), slots: one(0), learningRate: tf.scalar(0.5) });
      assert.ok(Math.abs(params['w']!.dataSync()[0]! - (2 - 0.5 * 0.005 * 2)) < 1e-6);
    });
  });

  it('SGD: two steps with momentum follow the formula, with and without Nesterov', () => {
    tf.tidy(() => {
      for (const nesterov of [false, true]) {
        const config = { momentum: 0.5, nesterov, weightDecay: 0.1 };
        let [p, v] = [2, 0];
        let [params, slots] = [{ p: tf.tensor1d([p]) } as Record<string, tf.Tensor>, { p: tf.zeros([1]) } as Record<string, tf.Tensor>];
        for (const gradient of [1, -3]) {
          const g = gradient + 0.1 * p;
          v = 0.5 * v + g;
          p -= 0.2 * (nesterov ? g + 0.5 * v : v);
          ({ params, slots } = sgd.update(config, { params, grads: { p: tf.tensor1d([gradient]) }, slots, learningRate: tf.scalar(0.2) }));
          assert.ok(Math.abs(params['p']!.dataSync()[0]! - p) < 1e-6);
        }
      }
    });
  });
});
