/** @file Ctrl-C once asks, twice forces; so do the other signals that end a program. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A process that works for ever and says when it is asked to stop; it obeys where `obeys`. */
function start(obeys: boolean) {
  const script = `import { watchSignals } from './cli/signals.ts';
    const signal = watchSignals();
    const work = setInterval(() => {}, 1000);
    signal.addEventListener('abort', () => { console.log(signal.reason.code); if (${obeys}) clearInterval(work); });
    console.log('started');`;
  const child = spawn(process.execPath, ['--import', 'tsx/esm', '--input-type=module', '-e', script], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const heard = (word: string) => new Promise<void>((resolve) => child.stdout.on('data', (chunk) => String(chunk).includes(word) && resolve()));
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  return { child, heard, ended };
}

describe('signals', () => {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    it(`${name} lets a command finish by itself`, async () => {
      const { child, heard, ended } = start(true);
      await heard('started');
      const told = heard('cancelled');
      child.kill(name);
      await told;
      assert.deepEqual(await ended, { code: 0, signal: null });
    });

  it('a second SIGHUP, which a shell sends after the system, takes nothing down', async () => {
    const { child, heard, ended } = start(false);
    await heard('started');
    const told = heard('cancelled');
    child.kill('SIGHUP');
    await told;
    child.kill('SIGHUP');
    const first = await Promise.race([ended, new Promise<null>((resolve) => setTimeout(() => resolve(null), 500))]);
    assert.equal(first, null, 'it still works');
    child.kill('SIGINT');
    assert.deepEqual(await ended, { code: null, signal: 'SIGINT' });
  });

  it('the second SIGINT takes a command down that does not listen', async () => {
    const { child, heard, ended } = start(false);
    await heard('started');
    const told = heard('cancelled');
    child.kill('SIGINT');
    await told;
    child.kill('SIGINT');
    assert.deepEqual(await ended, { code: null, signal: 'SIGINT' });
  });
});
