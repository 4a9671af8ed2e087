/** @file Worker threads that answer calls: errors cross over whole, a dying thread fails its calls, an idle one keeps nothing alive. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Thread } from '@robenc/shared/runtime/thread.js';

const ECHO = new URL('./echo-thread.ts', import.meta.url);
const LIFETIME = fileURLToPath(new URL('./lifetime.ts', import.meta.url));

describe('a worker thread', () => {
  it('answers calls in order and gives errors as they were thrown', async () => {
    const thread = new Thread(ECHO, 'The test thread');
    const answers = await Promise.all([thread.call('echo', { a: [1, 2n] }), thread.call('wait', { milliseconds: 20 }), thread.call('echo', 'last')]);
    assert.deepEqual(answers, [{ a: [1, 2n] }, 'waited', 'last']);
    await assert.rejects(thread.call('fail', 'epsilon'), { name: 'RobencError', code: 'mismatch', message: 'as asked', field: 'epsilon' });
    await assert.rejects(thread.call('crash', 'boom'), { name: 'Error', message: 'boom' });
    assert.equal(await thread.call('echo', 'still there'), 'still there');
    await thread.close();
  });

  it('rejects the calls under way and all later ones when it dies', async () => {
    const thread = new Thread(ECHO, 'The test thread');
    const calls = [thread.call('exit', 3), thread.call('echo', 1), thread.call('echo', 2)];
    for (const result of await Promise.allSettled(calls)) {
      assert.equal(result.status, 'rejected');
      assert.match(String(result.reason), /^RobencError: The test thread ended with exit code 3\./);
      assert.equal((result.reason as { code: string }).code, 'unavailable');
    }
    assert.equal(thread.alive, false);
    await assert.rejects(thread.call('echo', 3), { code: 'unavailable' });
    await thread.close();
  });

  it('refuses memory that was given away before, instead of waiting for ever', async () => {
    const thread = new Thread(ECHO, 'The test thread');
    const data = new Float32Array(4);
    const send = () => thread.call('echo', { data }, [data.buffer]);
    assert.deepEqual(await send(), { data: new Float32Array(4) });
    await assert.rejects(send(), /^Error: The test thread: "echo" gives away memory that was given away before\./);
    const empty = new Float32Array(0);
    assert.deepEqual(await thread.call('echo', { empty }, [empty.buffer]), { empty: new Float32Array(0) });
    await thread.close();
  });

  it('rejects its calls when its module cannot be loaded', async () => {
    const thread = new Thread(new URL('./no-such-module.ts', import.meta.url), 'The test thread');
    await assert.rejects(thread.call('echo', 1), { code: 'unavailable', message: /^The test thread failed: .*no-such-module/ });
    await thread.close();
  });

  it('finishes what is under way and cleans up before it closes, once', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'robenc-thread-'));
    try {
      const thread = new Thread(ECHO, 'The test thread');
      await thread.call('cleanUpInto', join(folder, 'file'));
      const waiting = thread.call('wait', { milliseconds: 50 });
      await Promise.all([thread.close(), thread.close()]);
      assert.equal(await waiting, 'waited');
      assert.equal(readFileSync(join(folder, 'file'), 'utf8'), 'clean');
      assert.equal(thread.alive, false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  for (const [scenario, expected] of [
    ['idle', 'opened'],
    ['running', 'opened,ran'],
    ['closed', 'opened,ran,closed'],
    ['pool', 'opened,ran'],
  ] as const)
    it(`lets a process end with code 0 in time: ${scenario}`, async () => {
      const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--import', 'tsx', LIFETIME, scenario], { timeout: 100_000 });
      assert.equal(stdout.trim().split('\n').join(','), expected);
      assert.equal(stderr, '');
    });

  for (const [scenario, expected] of [
    ['exit', { code: 5, stderr: /^$/ }],
    ['error', { code: 1, stderr: /Error: as asked/ }],
  ] as const)
    it(`a process that ends in the middle of a run keeps its exit code: ${scenario}`, async () => {
      const ended = promisify(execFile)(process.execPath, ['--import', 'tsx', LIFETIME, scenario], { timeout: 100_000 });
      await assert.rejects(ended, (error: { code: number; stderr: string }) => {
        assert.equal(error.code, expected.code);
        assert.match(error.stderr, expected.stderr);
        return true;
      });
    });
});
