/** @file What tests expect of errors. */
import assert from 'node:assert/strict';
import { RobencError } from '@robenc/shared/errors.js';

/** For assert.throws and assert.rejects: a RobencError of this code whose message matches. */
export function refusal(code: string, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof RobencError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  };
}
