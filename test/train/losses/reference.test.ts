/** @file Losses and their gradients against values computed in double precision by PyTorch. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { check } from '@robenc/shared/config/check.js';
import { crossEntropy } from '@robenc/train/losses/cross-entropy.js';
import { empSsl } from '@robenc/train/losses/emp-ssl.js';
import type { Loss } from '@robenc/train/losses/loss.js';
import { ntXent } from '@robenc/train/losses/nt-xent.js';
import { supCon } from '@robenc/train/losses/sup-con.js';
import { vicreg } from '@robenc/train/losses/vicreg.js';
import { normalizeRows } from '@robenc/train/tensors/normalize-rows.js';
import { folderOrSkip } from '../../skip.js';
import { FIXTURES, readCase, relativeDistance, type ReferenceCase } from '../reference.js';

const TOLERANCE = 1e-5;

function checkEmpSsl(reference: ReferenceCase): void {
  const { crops, batch, dim, patchSim, tcrWeight, tcrEps, loss, invariance, tcr } = reference.facts as Record<string, number>;
  const config = { invarianceWeight: patchSim!, codingRateWeight: tcrWeight!, codingRateEpsilon: tcrEps! };
  const shape: [number, number, number] = [crops!, batch!, dim!];
  tf.tidy(() => {
    const z = tf.tensor3d(reference.array('z').data, shape);
    const value = empSsl.value(config, { projections: z });
    const near = (actual: tf.Scalar, expected: number): void => assert.ok(Math.abs(actual.dataSync()[0]! / expected - 1) < TOLERANCE);
    near(value.loss, loss!);
    near(value.parts['invariance']!, invariance!);
    near(value.parts['codingRate']!, tcr!);
    const gradient = tf.grad((x) => empSsl.value(config, { projections: x as tf.Tensor3D }).loss)(z);
    assert.ok(relativeDistance(gradient.dataSync(), reference.array('gradZ').data) < TOLERANCE);
  });
}

function checkNtXent(reference: ReferenceCase): void {
  const { batch, dim, temperature, loss } = reference.facts as Record<string, number>;
  tf.tidy(() => {
    const z = tf.tensor3d(Float32Array.from([...reference.array('z1').data, ...reference.array('z2').data]), [2, batch!, dim!]);
    const f = (x: tf.Tensor): tf.Scalar => ntXent.value({ temperature: temperature! }, { projections: x as tf.Tensor3D }).loss;
    assert.ok(Math.abs(f(z).dataSync()[0]! / loss! - 1) < TOLERANCE);
    const expected = [...reference.array('gradZ1').data, ...reference.array('gradZ2').data];
    assert.ok(relativeDistance(tf.grad(f)(z).dataSync(), expected) < TOLERANCE);
  });
}

/** A loss on rows that PyTorch was given as they are; `unit` scales them first, as the reference did. */
function checkRows(name: string, loss: Loss, config: object, unit: boolean): void {
  const reference = readCase(join(FIXTURES, 'losses', name));
  const { shape, labels, loss: expected } = reference.facts as { shape: [number, number, number]; labels?: number[]; loss: number };
  tf.tidy(() => {
    const z = tf.tensor3d(reference.array('z').data, shape);
    const classes = labels && { labels: tf.tensor1d(labels, 'int32') };
    const f = (x: tf.Tensor): tf.Scalar =>
      loss.value(check(loss.config, config, name), { projections: (unit ? normalizeRows(x) : x) as tf.Tensor3D, ...classes }).loss;
    assert.ok(Math.abs(f(z).dataSync()[0]! / expected - 1) < TOLERANCE, `value ${f(z).dataSync()[0]}, expected ${expected}`);
    const distance = relativeDistance(tf.grad(f)(z).dataSync(), reference.array('gradZ').data);
    assert.ok(distance < TOLERANCE, `gradient: relative distance ${distance}`);
  });
}

describe('losses against PyTorch in double precision', () => {
  before(() => tf.setBackend('cpu'));

  for (const name of ['emp_small', 'emp_tall'])
    it(`EMP-SSL ${name}: value, terms and gradient agree within ${TOLERANCE}`, () => checkEmpSsl(readCase(join(FIXTURES, 'losses', name))));

  it(`EMP-SSL emp_paper (4 x 100 x 1024): value, terms and gradient agree within ${TOLERANCE}`, function () {
    checkEmpSsl(readCase(folderOrSkip(this, 'ROBENC_FIXTURES', 'reference/losses/emp_paper')));
  });

  for (const name of ['vicreg_two', 'vicreg_three'])
    it(`VICReg ${name}: value and gradient agree within ${TOLERANCE}`, () => checkRows(name, vicreg, {}, false));

  for (const [name, labelSmoothing] of [
    ['cross_entropy', 0],
    ['cross_entropy_smooth', 0.1],
  ] as const)
    it(`cross-entropy ${name}: value and gradient agree within ${TOLERANCE}`, () => checkRows(name, crossEntropy, { labelSmoothing }, false));

  it(`SupCon: value and gradient agree within ${TOLERANCE}`, () => checkRows('sup_con', supCon, { temperature: 0.2 }, true));

  for (const name of ['simclr_small', 'simclr_paper'])
    it(`NT-Xent ${name}: value and gradient agree within ${TOLERANCE}`, () => checkNtXent(readCase(join(FIXTURES, 'losses', name))));
});
