/** @file Several processes change one models folder at random while SIGKILLs fall, and a reader looks on. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { collectGarbage } from '@robenc/shared/package/registry.js';
import { labelsOf } from '@robenc/shared/package/labels.js';
import { versionsOf } from '@robenc/shared/package/layout.js';
import { listPackages } from '@robenc/shared/package/list.js';
import { Random } from '@robenc/shared/math/random.js';

export interface Storm {
  readonly models: string;
  readonly processes: number;
  /** Changes altogether. */
  readonly changes: number;
  /** SIGKILLs on the way, evenly spread; all processes are killed at the end besides. */
  readonly kills: number;
  readonly seed: number;
  readonly onnx?: string;
  /** Throws where a visible package is not as it was made. */
  readonly verify: (models: string, reference: string) => Promise<unknown>;
}

export interface Weather {
  readonly changes: number;
  readonly kills: number;
  /** How often the reader saw the registry while it changed. */
  readonly looks: number;
  readonly versions: number;
}

/** Throws where the reader, or the check at the end, meets anything broken, or a process fails. */
export async function storm({ models, processes, changes, kills, seed, onnx, verify }: Storm): Promise<Weather> {
  const random = new Random(seed, 'storm');
  const failures: string[] = [];
  const living = new Set<ChildProcess>();
  let [done, killed, started, looks] = [0, 0, 0, 0];
  const start = (): void => {
    const worker = join(import.meta.dirname, 'storm-worker.ts');
    const child = spawn(process.execPath, ['--import', 'tsx/esm', worker, models, String(seed * 1000 + started++), ...(onnx === undefined ? [] : [onnx])], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    living.add(child);
    child.stdout.on('data', (dots: Buffer) => (done += dots.length));
    let told = '';
    child.stderr.on('data', (text: Buffer) => (told += text.toString()));
    child.on('exit', (code, signal) => {
      living.delete(child);
      if (signal !== 'SIGKILL') failures.push(`a process ended with ${code ?? signal}: ${told.slice(-2000)}`);
    });
  };
  for (let i = 0; i < processes; i++) start();
  try {
    while (done < changes && failures.length === 0) {
      if (killed < kills && done >= ((killed + 1) * changes) / (kills + 1)) {
        const all = [...living];
        all[random.integer(all.length)]!.kill('SIGKILL');
        killed++;
        start();
      }
      await look(models, random, verify);
      looks++;
      await sleep(20);
    }
  } finally {
    const ends = [...living].map((child) => new Promise((resolve) => child.once('close', resolve)));
    for (const child of living) child.kill('SIGKILL');
    await Promise.all(ends);
  }
  assert.deepEqual(failures, []);
  for (const { name, version } of listPackages(models)) await verify(models, `${name}@${version}`);
  const versions = versionsOf(models, 'tiny');
  for (const { label, version } of labelsOf(models, 'tiny')) assert.ok(versions.includes(version), `${label} points at ${version}, which is not there`);
  // What the killed ones left is cleared, as no process of theirs lives.
  collectGarbage(models, { now: Date.now() });
  assert.deepEqual(collectGarbage(models, { now: Date.now() }), []);
  return { changes: done, kills: killed + processes, looks, versions: versions.length };
}

/** The list must be readable, and a package that it shows must verify, unless it was removed meanwhile. */
async function look(models: string, random: Random, verify: Storm['verify']): Promise<void> {
  const all = listPackages(models);
  if (all.length === 0) return;
  const { name, version } = all[random.integer(all.length)]!;
  try {
    await verify(models, `${name}@${version}`);
  } catch (error) {
    if (versionsOf(models, name).includes(version)) throw error;
  }
}
