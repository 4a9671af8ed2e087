/** @file Learning-rate schedules. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { check } from '@robenc/shared/config/check.js';
import { cosine } from '@robenc/train/schedules/cosine.js';
import { schedules } from '@robenc/train/schedules/index.js';
import { step } from '@robenc/train/schedules/step.js';
import { warmupCosine } from '@robenc/train/schedules/warmup-cosine.js';
import { FIXTURES, readCase } from '../reference.js';

describe('every schedule', () => {
  for (const schedule of schedules.entries)
    it(`${schedule.name}: all factors lie in (0,1], and one of them is 1`, () => {
      const config = check(schedule.config, {}, schedule.name);
      for (const total of [1, 2, 7, 100]) {
        const factors = Array.from({ length: total }, (_, step) => schedule.factor(config, step, total));
        assert.ok(
          factors.every((factor) => factor > 0 && factor <= 1),
          factors.join(' '),
        );
        assert.equal(Math.max(...factors), 1);
      }
    });

  it('cosine: six rates agree with PyTorch', () => {
    const { lr, cosineTMax, lrs } = readCase(join(FIXTURES, 'lars')).facts as { lr: number; cosineTMax: number; lrs: number[] };
    for (const [step, rate] of lrs.entries()) assert.ok(Math.abs(lr * cosine.factor({}, step, cosineTMax) - rate) < 1e-12);
  });

  it('step: drops by gamma after each milestone', () => {
    const factors = Array.from({ length: 10 }, (_, at) => step.factor({ milestones: [0.5, 0.8], gamma: 0.1 }, at, 10));
    for (const [at, expected] of [1, 1, 1, 1, 1, 0.1, 0.1, 0.1, 0.01, 0.01].entries()) assert.ok(Math.abs(factors[at]! - expected) < 1e-12);
  });

  it('warmup-cosine: rises in equal steps to 1, then falls as a cosine over the rest', () => {
    const factors = Array.from({ length: 10 }, (_, step) => warmupCosine.factor({ warmup: 0.3 }, step, 10));
    assert.deepEqual(factors.slice(0, 4), [0.25, 0.5, 0.75, 1]);
    assert.ok(Math.abs(factors[5]! - cosine.factor({}, 2, 7)) < 1e-15);
  });
});
