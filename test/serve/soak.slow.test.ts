/** @file An hour of mixed load (or as many minutes as ROBENC_SOAK_MINUTES says): memory, files and metrics stay in order. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { skip } from '../skip.js';
import { modelsFolder, writeFixture } from './package-fixture.js';
import { png, post } from './server-fixture.js';

const MINUTES = Number(process.env['ROBENC_SOAK_MINUTES'] ?? 60);
const SAMPLES = 60;
const MB = 2 ** 20;
const program = fileURLToPath(new URL('../../cli/robenc.mjs', import.meta.url));

interface Sample {
  readonly minutes: number;
  readonly memory: number;
  readonly files: number;
}

describe(`${MINUTES} minutes of mixed load`, () => {
  const folder = modelsFolder();
  let child: ChildProcess | undefined;
  let url: string;
  let engine: number;
  let bodies: { path: string; body: unknown; status: number }[];
  before(async function () {
    this.timeout(120_000);
    if (process.platform !== 'linux') skip(this, 'memory and files of a process are read from /proc');
    writeFixture(folder.path);
    child = spawn(process.execPath, [program, 'serve', '--models', folder.path, '--port', '0', '--workers', '2', '--device', 'cpu', '--json'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
    url = (JSON.parse(line) as { url: string }).url;
    engine = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ')[0]);
    const image = (await png(1)).toString('base64');
    const photograph = (await png(2, 900, 700)).toString('base64');
    bodies = [
      { path: '/v1/embed', body: { image }, status: 200 },
      { path: '/v1/classify', body: { images: Array<string>(9).fill(image) }, status: 200 },
      { path: '/v1/classify', body: { image: photograph, crops: 8, seed: 3 }, status: 200 },
      { path: '/v1/robustness', body: { image, epsilon: '8/255', steps: 5, adversarialImage: true }, status: 200 },
      { path: '/v1/embeddings', body: { input: [image, image] }, status: 200 },
      { path: '/v1/embed', body: { image: 'bm90IGFuIGltYWdl' }, status: 400 },
      { path: '/v1/nothing', body: {}, status: 404 },
    ];
  });
  after(async () => {
    if (child !== undefined) {
      child.kill('SIGTERM');
      await once(child, 'close');
    }
    folder.remove();
  });

  it('memory grows by at most 1 MB in 10 minutes after the first third, open files stay, and the metrics balance', async function () {
    this.timeout((MINUTES + 5) * 60_000);
    const start = performance.now();
    const minutes = () => (performance.now() - start) / 60_000;
    const client = async (first: number) => {
      for (let i = first; minutes() < MINUTES; i++) {
        const { path, body, status } = bodies[i % bodies.length]!;
        if (i % 11 === 0) await hungUp(`${url}${path}`, body);
        else assert.equal((await post(`${url}${path}`, body)).status, status, path);
      }
    };
    const samples: Sample[] = [];
    const watch = async () => {
      while (minutes() < MINUTES) {
        await sleep((MINUTES * 60_000) / SAMPLES);
        samples.push({ minutes: minutes(), memory: memoryOf(engine), files: readdirSync(`/proc/${engine}/fd`).length });
      }
    };
    await Promise.all([watch(), ...[0, 1, 2, 3].map(client)]);
    const settled = samples.slice(Math.floor(samples.length / 3));
    const [slope, noise] = slopeOf(settled);
    // In a short run the garbage collector moves memory more than a leak would: what it moves is allowed for.
    assert.ok(
      10 * slope <= 1 * MB + 20 * noise,
      `memory grows by ${((10 * slope) / MB).toFixed(2)} MB in 10 minutes (± ${((20 * noise) / MB).toFixed(2)}): ${samples.map(({ memory }) => (memory / MB).toFixed(0)).join(' ')}`,
    );
    const files = settled.map((one) => one.files);
    assert.ok(Math.max(...files) - Math.min(...files) <= 16, `open files: ${files.join(' ')}`);
    await balanced(url);
  });
});

/** Sends a request and leaves before its answer. */
async function hungUp(url: string, body: unknown): Promise<void> {
  const over = AbortSignal.timeout(3);
  await fetch(url, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' }, signal: over }).then(
    (answer) => answer.arrayBuffer().catch(() => undefined),
    () => undefined,
  );
}

function memoryOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}

/** Bytes a minute of the least-squares line through the samples, and the standard error of that. */
function slopeOf(samples: readonly Sample[]): readonly [number, number] {
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const [x, y] = [samples.map((one) => one.minutes), samples.map((one) => one.memory)];
  const [mx, my] = [mean(x), mean(y)];
  const spread = x.reduce((sum, value) => sum + (value - mx) ** 2, 0);
  const slope = x.reduce((sum, value, i) => sum + (value - mx) * (y[i]! - my), 0) / spread;
  const rest = y.reduce((sum, value, i) => sum + (value - my - slope * (x[i]! - mx)) ** 2, 0);
  return [slope, Math.sqrt(rest / Math.max(1, x.length - 2) / spread)];
}

/** received = Σ ended + in flight (this very reading), and rows of batches = rows computed. */
async function balanced(url: string): Promise<void> {
  await sleep(500);
  const text = await (await fetch(`${url}/metrics`)).text();
  const sum = (name: string) =>
    text
      .split('\n')
      .filter((line) => new RegExp(`^robenc_${name}[{ ]`).test(line))
      .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' '))), 0);
  assert.equal(sum('requests_received_total'), sum('requests_total') + sum('requests_in_flight'));
  assert.equal(sum('requests_in_flight'), 1);
  assert.equal(sum('inference_rows_total'), sum('batch_rows_sum'));
  assert.deepEqual([sum('admitted_rows'), sum('queue_rows')], [0, 0]);
}
