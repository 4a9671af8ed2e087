/** @file Waiting for what will come to pass, on machines of any speed. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

/** Just below what a test may take, so that its failure says what was waited for; the condition decides, and this only ends what never comes. */
const MOST_MS = 110_000;

/** Resolves as soon as the condition holds. Fails with `what` when it never does. */
export async function until(condition: () => boolean | Promise<boolean>, what: string, everyMs = 10): Promise<void> {
  const start = performance.now();
  while (!(await condition())) {
    if (performance.now() - start > MOST_MS) assert.fail(`waited in vain: ${what}`);
    await sleep(everyMs);
  }
}
