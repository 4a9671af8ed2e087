/** @file Runs that are killed again and again, at moments that nobody chose, end as if nothing had happened. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '@robenc/shared/math/random.js';
import { loadNewest } from '../../../train/run/checkpoint.js';
import { readMetrics } from '../../../train/run/metrics.js';

const ROBENC = join(import.meta.dirname, '../../../cli/robenc.mjs');
const KILLS = 20;
const SEED = 11;
const RUN = {
  name: 'tiny',
  seed: 4,
  data: { name: 'shapes', limit: 64, size: 16 },
  batchSize: 8,
  epochs: 100,
  views: { count: 2 },
  encoder: { name: 'resnet-small', widths: [4, 8], embedding: 16, projection: 8 },
  engine: { threads: 1, device: 'cpu' },
  // A checkpoint after every batch, so that many kills meet one that is being written.
  checkpoint: { everyMinutes: 1e-6 },
  validation: { images: 20, bank: 30, steps: 1, everyEpochs: 40 },
};

/** Runs to the end, or is killed after `killAfter` milliseconds; null then. */
async function robenc(args: readonly string[], killAfter = Infinity): Promise<string | null> {
  const child = spawn(process.execPath, [ROBENC, 'train', ...args, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const timer = Number.isFinite(killAfter) ? setTimeout(() => child.kill('SIGKILL'), killAfter) : undefined;
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => child.on('close', (...end) => resolve(end)));
  clearTimeout(timer);
  if (signal === 'SIGKILL') return null;
  assert.equal(code, 0, stderr);
  return (JSON.parse(stdout) as { stateDigest: string }).stateDigest;
}

describe('a run that is killed with SIGKILL', function () {
  this.timeout(60 * 60_000);
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'robenc-kill-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it(`at ${KILLS} random moments (seed ${SEED}) and resumed after each ends with the parameters and metrics of an uninterrupted one`, async () => {
    const runFile = join(folder, 'run.json');
    writeFileSync(runFile, JSON.stringify(RUN));
    const whole = join(folder, 'whole');
    const started = performance.now();
    const digest = await robenc([runFile, '--out', whole]);
    const duration = performance.now() - started;
    const losses = (out: string) => readMetrics(out).map(({ step, loss, validation }) => [step, loss, validation?.robust]);
    const random = new Random(SEED, 'kills');
    const steps: number[] = [];
    let killed = 0;
    for (let attempt = 0; killed < KILLS; attempt++) {
      const out = join(folder, `killed-${attempt}`);
      let end: string | null = null;
      while (end === null) {
        // Moments in all of a start: while modules load, in steps, in the middle of a checkpoint, at the end.
        end = await robenc([runFile, '--out', out, '--resume'], killed < KILLS ? random.uniform(0, duration) : Infinity);
        if (end !== null) break;
        killed += 1;
        const checkpoint = loadNewest(out, (error) => assert.fail(`kill ${killed}: ${error.message}`));
        steps.push(checkpoint?.step ?? 0);
      }
      assert.equal(end, digest, `after kills at steps ${steps.join(', ')}`);
      assert.deepEqual(losses(out), losses(whole));
      assert.deepEqual(readdirSync(join(out, 'checkpoints')).sort(), ['best.safetensors', 'step-00000799.safetensors', 'step-00000800.safetensors']);
    }
    assert.ok(new Set(steps).size > 5, `kills came at steps ${steps.join(', ')}, too much alike to say anything`);
  });
});
