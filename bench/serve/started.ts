/** @file A server in processes of its own on one core, as `robenc serve` starts it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { ROBENC } from '../../cli/quickstart/command.js';
import { CORES, onCore } from './pinned.js';

export interface Started {
  readonly url: string;
  /** All its processes hold so many bytes of memory. */
  memory(): number;
  /** Seconds of processor time that all of them have used, to a hundredth. */
  processorSeconds(): number;
  /** A sample of its metrics, summed over labels that are not named. */
  metric(name: string, labels?: Readonly<Record<string, string>>, headers?: Readonly<Record<string, string>>): Promise<number>;
  close(): Promise<void>;
}

/** Starts a program that prints a line of JSON with its `url` when it can answer. What it says on stderr is thrown away, as by a log that somebody else keeps. */
export async function startOn(core: number, command: readonly string[]): Promise<Started> {
  const [taskset, ...pin] = onCore(core).slice(0, -1) as [string, ...string[]];
  const child = spawn(taskset, [...pin, ...command], { stdio: ['ignore', 'pipe', 'ignore'] });
  for await (const line of createInterface({ input: child.stdout })) {
    const { url } = JSON.parse(line) as { url: string };
    child.stdout.resume();
    return {
      url,
      memory: () => memoryOf(child.pid!),
      processorSeconds: () => processorSecondsOf(child.pid!),
      metric: (name, labels = {}, headers = {}) => metricOf(url, name, labels, headers),
      close: () => end(child),
    };
  }
  throw new Error(`${command.join(' ')} ended before it could answer.`);
}

export function startServer(models: string, names: readonly string[], flags: readonly string[]): Promise<Started> {
  const serve = ['serve', '--models', models, '--model', names.join(','), '--port', '0', '--device', 'cpu', '--workers', '1', '--json', ...flags];
  return startOn(CORES.server, [process.execPath, ROBENC, ...serve]);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 40_000);
  await ended;
  clearTimeout(timer);
}

/** Resident memory of a process and all below it. */
function memoryOf(pid: number): number {
  return sumOver(pid, (one) => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${one}/status`, 'utf8'))?.[1] ?? 0) * 1024);
}

/** User and system time, fields 14 and 15 of /proc/PID/stat in hundredths of a second; the name in field 2 may have spaces. */
function processorSecondsOf(pid: number): number {
  return sumOver(pid, (one) => {
    const fields = readFileSync(`/proc/${one}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  });
}

function sumOver(pid: number, measure: (pid: number) => number): number {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
    return children.reduce((sum, child) => sum + sumOver(Number(child), measure), measure(pid));
  } catch {
    return 0; // It has ended meanwhile.
  }
}

async function metricOf(url: string, name: string, labels: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>>): Promise<number> {
  const text = await (await fetch(`${url}/metrics`, { headers })).text();
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const lines = text.split('\n').filter((line) => new RegExp(`^${name}[{ ]`).test(line) && wanted.every((label) => line.includes(label)));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
