/** @file Admission: a bound that is kept, and room that comes back once. */
import assert from 'node:assert/strict';
import { Admission, Overloaded } from '@robenc/serve/batching/admission.js';
import { RobencError } from '@robenc/shared/errors.js';

describe('Admission', () => {
  it('takes in up to the limit and then refuses, saying when to come back', () => {
    const admission = new Admission({ limit: 10 });
    const giveBack = admission.admit(8, 100);
    assert.throws(
      () => admission.admit(3, 250),
      (error: unknown) => error instanceof Overloaded && error.retryAfterMs === 250 && /8 of at most 10/.test(error.message),
    );
    admission.admit(2, 100);
    assert.throws(() => admission.refuseIfFull(1, 100), Overloaded);
    giveBack();
    assert.equal(admission.held, 2);
    admission.refuseIfFull(8, 100);
  });

  it('room that is given back twice counts once', () => {
    const admission = new Admission({ limit: 10 });
    const giveBack = admission.admit(4, 100);
    giveBack();
    giveBack();
    assert.equal(admission.held, 0);
  });

  it('a request that never fits is told so instead of to try again', () => {
    const admission = new Admission({ limit: 10 });
    assert.throws(
      () => admission.admit(11, 100),
      (error: unknown) => error instanceof RobencError && error.code === 'bad-input' && /needs 11 model inputs.*at most 10/.test(error.message),
    );
    assert.equal(admission.held, 0);
  });
});
