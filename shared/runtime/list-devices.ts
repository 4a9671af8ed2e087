/** @file Which devices really work on this machine: each is tried with a small model whose answer is known. */
import { execFile, type ExecFileException } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { devices, type Device } from './devices.js';
import type { ProbeResult } from './probe.js';
import type { DeviceName } from './types.js';

export interface DeviceReport {
  readonly name: DeviceName;
  readonly works: boolean;
  /** What was found, one sentence. */
  readonly detail: string;
  /** What to do to make it work; null where it does. */
  readonly remedy: string | null;
}

const PROBE_LIMIT_MS = 60_000;
/** The answer is made of small whole numbers, exact in float32; a GPU may round through TF32 or half precision. */
const TOLERANCE = 0.05;

/** All devices, in the order of the table. Takes a second or two: every device is tried in a process of its own. */
export function listDevices(): Promise<readonly DeviceReport[]> {
  return Promise.all(devices.entries.map(({ name }) => tryDevice(name)));
}

/** One device. Takes a second or so. */
export async function tryDevice(name: DeviceName): Promise<DeviceReport> {
  return judge(devices.get(name), await probeApart(name));
}

/** The verdict on what a probe found. */
export function judge(device: Device, result: ProbeResult): DeviceReport {
  const { name } = device;
  if ('failure' in result) return { name, works: false, detail: result.failure.replace(` ${device.remedy}`, ''), remedy: device.remedy };
  if (!(result.largestError <= TOLERANCE))
    return {
      name,
      works: false,
      detail: `It computes wrong answers: off by ${result.largestError} in a small test.`,
      remedy: 'Update the driver, or use --device cpu.',
    };
  return { name, works: true, detail: `Computed a known answer in ${result.milliseconds.toFixed(1)} ms.`, remedy: null };
}

function probeApart(device: DeviceName): Promise<ProbeResult> {
  const url = new URL(`./probe${extname(fileURLToPath(import.meta.url))}`, import.meta.url);
  const flags = url.pathname.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : [];
  return new Promise((resolve) => {
    execFile(process.execPath, [...flags, fileURLToPath(url), device], { timeout: PROBE_LIMIT_MS, encoding: 'utf8' }, (error, stdout) => {
      const line = stdout.trim().split('\n').at(-1) ?? '';
      if (error === null && line !== '') resolve(JSON.parse(line) as ProbeResult);
      else resolve({ failure: describeCrash(error) });
    });
  });
}

function describeCrash(error: ExecFileException | null): string {
  if (error?.killed === true) return `The test did not end in ${PROBE_LIMIT_MS / 1000} s.`;
  return `The test crashed (${error?.signal ?? `exit code ${error?.code ?? 0}`}).`;
}
