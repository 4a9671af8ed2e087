/** @file `robenc serve` as a process: the address it prints answers, signals stop it, and what stops the start has exit code 3. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { modelsFolder, writeFixture } from '../package-fixture.js';
import { get, png, post } from '../server-fixture.js';

const program = fileURLToPath(new URL('../../../cli/robenc.mjs', import.meta.url));

interface Started {
  readonly process: ChildProcessWithoutNullStreams;
  /** All of stdout and stderr so far. */
  readonly output: { stdout: string; stderr: string };
  readonly exit: Promise<number | null>;
}

describe('robenc serve', () => {
  const folder = modelsFolder();
  const running = new Set<Started>();
  before(() => void writeFixture(folder.path));
  after(async () => {
    for (const started of running) started.process.kill('SIGKILL');
    await Promise.all([...running].map(({ exit }) => exit));
    folder.remove();
  });

  function start(...flags: string[]): Started {
    const child = spawn(process.execPath, [program, 'serve', '--models', folder.path, '--workers', '1', '--device', 'cpu', ...flags]);
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (data: Buffer) => (output.stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (output.stderr += data.toString()));
    const started: Started = { process: child, output, exit: once(child, 'close').then(([code]) => code as number | null) };
    running.add(started);
    void started.exit.then(() => running.delete(started));
    return started;
  }

  /** The first line that a started server prints. */
  async function firstLine({ process: child, output }: Started): Promise<string> {
    while (!output.stdout.includes('\n')) {
      const first = await Promise.race([once(child.stdout, 'data'), once(child, 'close').then(() => null)]);
      if (first === null) assert.fail(`ended before it served: ${output.stderr}`);
    }
    return output.stdout;
  }

  it('prints one JSON object with the address it is bound to, answers there, logs to stderr, and ends with 0 on SIGTERM after the work in hand', async () => {
    const started = start('--port', '0', '--json');
    const { url, port, models } = JSON.parse(await firstLine(started)) as { url: string; port: number; models: string[] };
    assert.deepEqual([models, url], [['tiny@1'], `http://127.0.0.1:${port}`]);
    assert.equal((await get(`${url}/readyz`)).status, 200);
    const image = (await png(1)).toString('base64');
    const answer = post(
      `${url}/v1/robustness`,
      { images: Array<string>(8).fill(image), epsilon: 1e-6, steps: 100, stepSize: 1e-6 },
      { 'x-request-id': 'in-hand' },
    );
    // The connection is open once a later request on another one was answered.
    await post(`${url}/v1/embed`, { image });
    started.process.kill('SIGTERM');
    assert.equal((await answer).status, 200);
    assert.equal(await started.exit, 0, started.output.stderr);
    assert.equal(started.output.stdout.trim().split('\n').length, 1);
    assert.match(started.output.stderr, /"requestId":"in-hand".*"status":200/);
  });

  it('without --json says in words where it serves', async () => {
    const started = start('--port', '0', '--log-level', 'silent');
    assert.match(await firstLine(started), /^Serving tiny@1 on cpu with 1 worker at http:\/\/127\.0\.0\.1:\d+\n$/);
    started.process.kill('SIGINT');
    assert.equal(await started.exit, 0, started.output.stderr);
  });

  it('a port in use ends it with 3 and a sentence that names the port', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    try {
      const { port } = other.address() as AddressInfo;
      const started = start('--port', String(port));
      assert.equal(await started.exit, 3);
      assert.match(started.output.stderr, new RegExp(`robenc: The port ${port} on 127\\.0\\.0\\.1 is in use\\. Choose another with --port`));
      assert.equal(started.output.stdout, '');
    } finally {
      other.close();
    }
  });

  it('a missing model ends it with 3, a wrong size with 2', async () => {
    const [missing, size] = [start('--model', 'nope', '--port', '0'), start('--max-body', 'huge', '--port', '0')];
    assert.deepEqual([await missing.exit, await size.exit], [3, 2]);
    assert.match(missing.output.stderr, /No model "nope".*There are: tiny/);
    assert.match(size.output.stderr, /--max-body huge is not a size/);
  });
});
