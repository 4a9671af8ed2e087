/** @file APGD looks at its progress when the paper says, and halves its step on either condition. */
import assert from 'node:assert/strict';
import { checkpoints, StepSize } from '@robenc/shared/attacks/apgd-schedule.js';

describe('the schedule of apgd', () => {
  it('has the published checkpoints', () => {
    assert.deepEqual(checkpoints(100), [22, 41, 57, 70, 80, 87, 93, 99]);
    assert.deepEqual(checkpoints(50), [11, 21, 30, 38, 45]);
    assert.deepEqual(checkpoints(20), [4, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
    assert.deepEqual(checkpoints(10), [2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert.deepEqual(checkpoints(200), [44, 82, 114, 140, 160, 174, 186, 198]);
  });

  const halvings = (losses: readonly number[]) => {
    let best = -Infinity;
    const step = new StepSize(1, 100, losses[0]!);
    return losses.flatMap((loss, i) => (step.enter(loss, (best = Math.max(best, loss))) ? [i + 1] : []));
  };

  it('keeps the step while the loss rises at every iteration', () => {
    assert.deepEqual(halvings(Array.from({ length: 100 }, (_, i) => 1 + i)), []);
  });

  it('halves at every checkpoint when the loss swings', () => {
    assert.deepEqual(halvings(Array.from({ length: 100 }, (_, i) => 1 + (i % 2))), [22, 41, 57, 70, 80, 87, 93, 99]);
  });

  it('halves when the best loss stands still though most iterations rise, but not twice in a row for that', () => {
    // A high first loss; every window of 10 then falls once and rises nine times, well below it.
    assert.deepEqual(halvings(Array.from({ length: 100 }, (_, i) => (i === 0 ? 100 : 1 + (i % 10)))), [41, 70, 87, 99]);
  });
});
