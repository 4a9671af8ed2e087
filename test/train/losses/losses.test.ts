/** @file Every loss in the table: gradient, descent on a toy batch, and what sets the losses apart. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { check } from '@robenc/shared/config/check.js';
import { Random } from '@robenc/shared/math/random.js';
import { losses } from '@robenc/train/losses/index.js';
import type { Loss } from '@robenc/train/losses/loss.js';
import { ntXent } from '@robenc/train/losses/nt-xent.js';
import { supCon } from '@robenc/train/losses/sup-con.js';
import { normalizeRows } from '@robenc/train/tensors/normalize-rows.js';

const SHAPE: [number, number, number] = [3, 4, 6];

function normals(...keys: string[]): tf.Tensor3D {
  const random = new Random(7, ...keys);
  return tf.tensor3d(
    Float32Array.from({ length: SHAPE[0] * SHAPE[1] * SHAPE[2] }, () => random.normal()),
    SHAPE,
  );
}

function valueOf(loss: Loss, x: tf.Tensor): tf.Scalar {
  const labels = loss.needsLabels ? tf.tensor1d([0, 1, 0, 2], 'int32') : undefined;
  return loss.value(check(loss.config, {}, loss.name), { projections: normalizeRows(x) as tf.Tensor3D, ...(labels && { labels }) }).loss;
}

describe('every loss', () => {
  before(() => tf.setBackend('cpu'));

  for (const loss of losses.entries) {
    it(`${loss.name}: its gradient agrees with a finite difference`, () => {
      tf.tidy(() => {
        const x = normals('point');
        const direction = normals('direction');
        const step = 3e-3;
        const slope = tf.sum(tf.mul(tf.grad((point) => valueOf(loss, point))(x), direction)).dataSync()[0]!;
        const at = (t: number): number => valueOf(loss, tf.add(x, tf.mul(direction, t))).dataSync()[0]!;
        const difference = (at(step) - at(-step)) / (2 * step);
        assert.ok(Math.abs(slope - difference) < 1e-2 * Math.abs(difference), `gradient ${slope}, difference ${difference}, seed 7`);
      });
    });

    it(`${loss.name}: falls along its own negative gradient`, () => {
      tf.tidy(() => {
        const x = normals('point');
        const gradient = tf.grad((point) => valueOf(loss, point))(x);
        const moved = tf.sub(x, tf.mul(gradient, tf.div(0.05, tf.norm(gradient))));
        assert.ok(valueOf(loss, moved).dataSync()[0]! < valueOf(loss, x).dataSync()[0]!);
      });
    });

    it(`${loss.name}: answers exactly the parts that it names`, () => {
      tf.tidy(() => {
        const labels = tf.tensor1d([0, 1, 0, 2], 'int32');
        const value = loss.value(check(loss.config, {}, loss.name), { projections: normals('point'), labels });
        assert.deepEqual(Object.keys(value.parts), loss.parts);
      });
    });
  }

  it('sup-con with a class for each image is nt-xent', () => {
    tf.tidy(() => {
      const projections: tf.Tensor3D = normalizeRows(normals('point'));
      const labels = tf.tensor1d([3, 1, 0, 2], 'int32');
      const own = supCon.value({ temperature: 0.1 }, { projections, labels }).loss.dataSync()[0]!;
      const other = ntXent.value({ temperature: 0.1 }, { projections }).loss.dataSync()[0]!;
      assert.ok(Math.abs(own - other) < 1e-6 * Math.abs(other));
    });
  });

  it('sup-con without labels says which losses do without', () => {
    assert.throws(() => supCon.value({ temperature: 0.1 }, { projections: normals('point') }), /labelled data, or use emp-ssl or nt-xent/);
  });
});
