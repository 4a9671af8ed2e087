/** @file Every loss in the table: gradient, descent on a toy batch, and what sets the losses apart. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { check } from '@robenc/shared/config/check.js';
import { Random } from '@robenc/shared/math/random.js';
import { losses } from '@robenc/train/losses/index.js';
import type { Loss, LossValue } from '@robenc/train/losses/loss.js';
import { ntXent } from '@robenc/train/losses/nt-xent.js';
import { supCon } from '@robenc/train/losses/sup-con.js';
import { normalizeRows } from '@robenc/train/tensors/normalize-rows.js';
import { viewsFor } from '../views.js';

const [IMAGES, DIM] = [4, 6];

/** `views` of each image; entries of ordinary spread, rows of any length. */
function normals(views: number, ...keys: string[]): tf.Tensor3D {
  const random = new Random(7, ...keys);
  return tf.tensor3d(
    Float32Array.from({ length: views * IMAGES * DIM }, () => random.normal()),
    [views, IMAGES, DIM],
  );
}

/** The loss of what an encoder gives before it is scaled. */
function valueOf(loss: Loss, x: tf.Tensor): LossValue {
  const projections = (loss.rows === 'unit' ? normalizeRows(x) : x) as tf.Tensor3D;
  const labels = loss.needsLabels ? tf.tensor1d([0, 1, 0, 2], 'int32') : undefined;
  return loss.value(check(loss.config, {}, loss.name), { projections, ...(labels && { labels }) });
}

describe('every loss', () => {
  before(() => tf.setBackend('cpu'));

  for (const loss of losses.entries) {
    const views = viewsFor(loss);
    const lossAt = (x: tf.Tensor): tf.Scalar => valueOf(loss, x).loss;

    it(`${loss.name}: its gradient agrees with a finite difference`, () => {
      tf.tidy(() => {
        const x = normals(views, 'point');
        const direction = normals(views, 'direction');
        const step = 3e-3;
        const slope = tf.sum(tf.mul(tf.grad(lossAt)(x), direction)).dataSync()[0]!;
        const at = (t: number): number => lossAt(tf.add(x, tf.mul(direction, t))).dataSync()[0]!;
        const difference = (at(step) - at(-step)) / (2 * step);
        assert.ok(Math.abs(slope - difference) < 1e-2 * Math.abs(difference), `gradient ${slope}, difference ${difference}, seed 7`);
      });
    });

    it(`${loss.name}: falls along its own negative gradient`, () => {
      tf.tidy(() => {
        const x = normals(views, 'point');
        const gradient = tf.grad(lossAt)(x);
        const moved = tf.sub(x, tf.mul(gradient, tf.div(0.05, tf.norm(gradient))));
        assert.ok(lossAt(moved).dataSync()[0]! < lossAt(x).dataSync()[0]!);
      });
    });

    it(`${loss.name}: answers exactly the parts that it names`, () => {
      tf.tidy(() => {
        assert.deepEqual(Object.keys(valueOf(loss, normals(views, 'point')).parts), loss.parts);
      });
    });
  }

  it('sup-con with a class for each image is nt-xent', () => {
    tf.tidy(() => {
      const projections: tf.Tensor3D = normalizeRows(normals(3, 'point'));
      const labels = tf.tensor1d([3, 1, 0, 2], 'int32');
      const own = supCon.value({ temperature: 0.1 }, { projections, labels }).loss.dataSync()[0]!;
      const other = ntXent.value({ temperature: 0.1 }, { projections }).loss.dataSync()[0]!;
      assert.ok(Math.abs(own - other) < 1e-6 * Math.abs(other));
    });
  });
});
