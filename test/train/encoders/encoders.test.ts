/** @file Every encoder in the table, and the structure that the paper gives the large one. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { check } from '@robenc/shared/config/check.js';
import { Random } from '@robenc/shared/math/random.js';
import type { Encoder } from '@robenc/train/encoders/encoder.js';
import { encoders } from '@robenc/train/encoders/index.js';
import { resnetSmall } from '@robenc/train/encoders/resnet-small.js';
import { resnet18Cifar } from '@robenc/train/encoders/resnet18-cifar.js';
import { toBackend, type Parameters } from '@robenc/train/tensors/parameters.js';
import { relativeDistance } from '../reference.js';

/** Narrow: plain JavaScript computes it. The depth stays as it is. */
const SIZES = { embedding: 12, projection: 6 };
const narrow = (encoder: Encoder): object => ({
  ...SIZES,
  ...('width' in encoder.config.properties ? { width: 4 } : {}),
  ...('dim' in encoder.config.properties ? { dim: 12 } : {}),
});

function images(count: number, size = 8): tf.Tensor4D {
  const random = new Random(11, 'images');
  return tf.tensor4d(
    Float32Array.from({ length: count * size * size * 3 }, () => random.next()),
    [count, size, size, 3],
  );
}

/** A state other than the initial one, so that forgotten statistics show: means near 0, variances near 1. */
function shaken(state: Parameters): Parameters {
  const random = new Random(13, 'state');
  return Object.fromEntries(
    Object.entries(state).map(([name, { shape, data }]) => [name, { shape, data: data.map((value) => value + random.uniform(-0.1, 0.1)) }]),
  );
}

function sizeOf(parameters: Parameters): number {
  return Object.values(parameters).reduce((sum, { data }) => sum + data.length, 0);
}

describe('every encoder', () => {
  before(() => tf.setBackend('cpu'));

  for (const encoder of encoders.entries.filter(({ foreign }) => !foreign)) {
    const config = check(encoder.config, narrow(encoder), encoder.name);
    let params: Parameters;
    let state: Parameters;
    before(() => ({ params, state } = encoder.init(config, new Random(1, 'initial'))));

    it(`${encoder.name}: in mode eval an image of a batch is what it is alone`, () => {
      tf.tidy(() => {
        const [weights, statistics] = [toBackend(params), toBackend(shaken(state))];
        const x = images(3);
        const whole = encoder.apply(config, weights, statistics, x, 'eval');
        assert.deepEqual(whole.embedding.shape, [3, encoder.dimensions(config).embedding]);
        assert.deepEqual(whole.projection.shape, [3, encoder.dimensions(config).projection]);
        const alone = encoder.apply(config, weights, statistics, tf.slice(x, [2], [1]), 'eval');
        for (const part of ['embedding', 'projection'] as const) {
          const distance = relativeDistance(alone[part].dataSync(), tf.slice(whole[part], [2], [1]).dataSync());
          assert.ok(distance < 1e-6, `${part}: relative distance ${distance}`);
        }
      });
    });

    it(`${encoder.name}: projections have length 1, and training moves every running statistic`, () => {
      tf.tidy(() => {
        const before = toBackend(state);
        const { projection, state: after } = encoder.apply(config, toBackend(params), before, images(3), 'train');
        for (const length of tf.norm(projection, 2, 1).dataSync()) assert.ok(Math.abs(length - 1) < 1e-5);
        assert.deepEqual(Object.keys(after).sort(), Object.keys(before).sort());
        for (const [name, value] of Object.entries(after)) assert.notDeepEqual(value.dataSync(), before[name]!.dataSync(), name);
      });
    });
  }

  it('the same seed gives the same values, another seed others', () => {
    const config = check(resnetSmall.config, SIZES, 'resnet-small');
    const { params } = resnetSmall.init(config, new Random(1, 'initial'));
    assert.deepEqual(resnetSmall.init(config, new Random(1, 'initial')).params, params);
    assert.notDeepEqual(resnetSmall.init(config, new Random(2, 'initial')).params['stem.filter'], params['stem.filter']);
  });

  it('in mode eval, statistics of a batch give what mode train computes from that batch', () => {
    tf.tidy(() => {
      const config = check(resnetSmall.config, { widths: [4, 6], ...SIZES, mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4] }, 'resnet-small');
      const { params, state } = resnetSmall.init(config, new Random(1, 'initial'));
      const [weights, x] = [toBackend(params), images(4)];
      const trained = resnetSmall.apply(config, weights, toBackend(state), x, 'train');
      // One batch moves a statistic by a tenth of the way: mean 0 to 0.1 m, variance 1 to 0.9 + 0.1 v n/(n-1). Only the sizes of stage 2 and the projector differ.
      const values = Object.fromEntries(
        Object.entries(trained.state).map(([name, tensor]) => {
          const n = name.startsWith('projector') ? 4 : name.startsWith('stage2') ? 4 * 16 : 4 * 64;
          return [name, name.endsWith('.mean') ? tf.div(tensor, 0.1) : tf.mul(tf.div(tf.sub(tensor, 0.9), 0.1), (n - 1) / n)];
        }),
      );
      const evaluated = resnetSmall.apply(config, weights, values, x, 'eval');
      assert.ok(relativeDistance(evaluated.projection.dataSync(), trained.projection.dataSync()) < 1e-3);
    });
  });

  it('resnet18-cifar is the encoder of the paper: 11.2 million residual parameters, 512 to 4096 to 4096 to 1024', () => {
    const config = check(resnet18Cifar.config, SIZES, 'resnet18-cifar');
    const { params, state } = resnet18Cifar.init(config, new Random(1, 'initial'));
    const residual = Object.fromEntries(Object.entries(params).filter(([name]) => !name.startsWith('projector')));
    // torchvision's resnet18 without its classifier, and with a 3x3 stem in place of 7x7.
    assert.equal(sizeOf(residual), 11_176_512 - 64 * 3 * (49 - 9));
    assert.equal(Object.keys(residual).filter((name) => name.endsWith('.filter')).length, 20);
    assert.deepEqual(params['projector.embed.weight']!.shape, [512, SIZES.embedding]);
    assert.equal(Object.keys(state).length, 2 * (20 + 2));
    // Filters of variance 2 / (out * 9), linear weights within 1 / sqrt(in).
    const { data } = params['stage4.block2.second.filter']!;
    const variance = data.reduce((sum, value) => sum + value * value, 0) / data.length;
    assert.ok(Math.abs(variance / (2 / (512 * 9)) - 1) < 0.01);
    const weights = params['projector.embed.weight']!.data;
    assert.ok(weights.every((value) => Math.abs(value) <= 1 / Math.sqrt(512)));
    assert.ok(weights.some((value) => Math.abs(value) > 0.98 / Math.sqrt(512)));
    assert.deepEqual(resnet18Cifar.dimensions(check(resnet18Cifar.config, {}, 'resnet18-cifar')), { embedding: 4096, projection: 1024 });
  });
});
