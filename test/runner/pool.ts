/** @file Gives test files to worker processes, one at a time each; a process that dies or hangs costs its file only. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FileReport, Order } from './report.js';

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));

export interface PoolOptions {
  readonly processes: number;
  /** A file that takes longer is stopped and counts as failed. */
  readonly fileLimitMs: number;
  onReport(report: FileReport): void;
}

/** Runs every file once. Resolves when all worker processes are gone. */
export async function runFiles(files: readonly string[], { processes, fileLimitMs, onReport }: PoolOptions): Promise<void> {
  const queue = [...files];
  const lanes = Array.from({ length: Math.min(processes, files.length) }, async () => {
    let worker: ChildProcess | undefined;
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      worker ??= startWorker();
      const report = await runInWorker(worker, file, fileLimitMs);
      if (worker.exitCode !== null || worker.signalCode !== null) worker = undefined;
      onReport(report);
    }
    if (worker !== undefined) await stopWorker(worker);
  });
  await Promise.all(lanes);
}

/** tsx/esm and not tsx: mocha first tries require(), which tsx would answer with a second, CommonJS copy of every module. */
function startWorker(): ChildProcess {
  return fork(WORKER, { execArgv: ['--import', 'tsx/esm'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

async function stopWorker(worker: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => worker.once('exit', resolve));
  worker.send({ end: true } satisfies Order);
  await gone;
}

function runInWorker(worker: ChildProcess, file: string, limitMs: number): Promise<FileReport> {
  return new Promise((resolve) => {
    const finish = (report: FileReport) => {
      clearTimeout(timer);
      worker.removeAllListeners('message').removeAllListeners('exit');
      resolve(report);
    };
    const fail = (text: string) => finish({ file, seconds: limitMs / 1000, passed: 0, failures: [{ title: 'the whole file', text }], skips: [] });
    const timer = setTimeout(() => {
      worker.removeAllListeners('exit');
      worker.once('exit', () => fail(`It ran for more than ${limitMs / 1000} s and was stopped.`));
      worker.kill('SIGKILL');
    }, limitMs);
    worker.once('message', (report) => finish(report as FileReport));
    worker.once('exit', (code, signal) => fail(`Its process ended before it did: ${signal ?? `exit code ${code}`}.`));
    worker.send({ file } satisfies Order);
  });
}
