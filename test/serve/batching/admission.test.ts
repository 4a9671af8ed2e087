/** @file Admission: bounds that are kept, and room that comes back once. */
import assert from 'node:assert/strict';
import { Admission, Overloaded } from '@robenc/serve/batching/admission.js';
import { RobencError } from '@robenc/shared/errors.js';

describe('Admission', () => {
  it('takes in up to the limit and then refuses, saying when to come back', () => {
    const admission = new Admission({ limit: 10 });
    const stay = admission.enter(0, 100);
    stay.resize(8);
    const other = admission.enter(0, 100);
    assert.throws(
      () => other.resize(3),
      (error: unknown) => error instanceof Overloaded && /9 of at most 10/.test(error.message),
    );
    other.resize(2);
    assert.throws(
      () => admission.enter(0, 250),
      (error: unknown) => error instanceof Overloaded && error.retryAfterMs === 250 && /10 of at most 10/.test(error.message),
    );
    stay.leave();
    assert.equal(admission.held, 2);
    admission.enter(0, 100).resize(8);
  });

  it('bytes are bounded as well, but one body of any size may always come', () => {
    const admission = new Admission({ limit: 10, bytes: 100 });
    const large = admission.enter(500, 100);
    assert.equal(admission.fits(1), false);
    assert.throws(
      () => admission.enter(1, 100),
      (error: unknown) => error instanceof Overloaded && /500 of at most 100 bytes/.test(error.message),
    );
    large.leave();
    admission.enter(60, 100);
    assert.throws(() => admission.enter(41, 100), Overloaded);
    admission.enter(40, 100);
    assert.equal(admission.heldBytes, 100);
  });

  it('room that is given back twice counts once', () => {
    const admission = new Admission({ limit: 10, bytes: 100 });
    const stay = admission.enter(10, 100);
    stay.leave();
    stay.leave();
    assert.deepEqual([admission.held, admission.heldBytes], [0, 0]);
  });

  it('a request that never fits is told so instead of to try again', () => {
    const admission = new Admission({ limit: 10 });
    const stay = admission.enter(0, 100);
    assert.throws(
      () => stay.resize(11),
      (error: unknown) => error instanceof RobencError && error.code === 'bad-input' && /needs 11 model inputs.*at most 10/.test(error.message),
    );
    assert.equal(admission.held, 1);
  });
});
