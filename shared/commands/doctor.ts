/** @file `robenc doctor`: what this machine has, what works on it, and what to do about what does not. */
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, availableParallelism, cpus, freemem, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { defineCommand, type CommandContext } from '../config/command.js';
import { EXIT } from '../errors.js';
import { convolutionBlock } from '../runtime/convolution-block.js';
import { listDevices, type DeviceReport } from '../runtime/list-devices.js';

const GIB = 2 ** 30;

/** Packages that matter, and the one command that adds those that are not part of a plain installation. */
const PACKAGES = [
  { name: 'onnxruntime-node', purpose: 'runs models', needed: true, add: 'npm ci' },
  { name: 'sharp', purpose: 'reads images', needed: true, add: 'npm ci' },
  { name: '@tensorflow/tfjs', purpose: 'training and export', needed: false, add: 'npm ci' },
  {
    name: '@tensorflow/tfjs-node-gpu',
    purpose: 'optional: eager training on CUDA',
    needed: false,
    add: 'npm install --no-save --ignore-scripts=false @tensorflow/tfjs-node-gpu',
  },
] as const;

export interface PackageReport {
  readonly name: string;
  readonly purpose: string;
  /** Nothing works without it. */
  readonly needed: boolean;
  /** null: not installed. */
  readonly version: string | null;
  /** The command that installs it. */
  readonly add: string;
}

export interface Diagnosis {
  readonly node: { readonly version: string; readonly required: string };
  readonly system: { readonly platform: string; readonly release: string; readonly architecture: string };
  readonly cpu: { readonly model: string; readonly cores: number; readonly usableCores: number };
  readonly memory: { readonly totalBytes: number; readonly freeBytes: number };
  readonly disk: { readonly path: string; readonly freeBytes: number };
  readonly packages: readonly PackageReport[];
  readonly devices: readonly DeviceReport[];
  /** Channels that convolutions of training take at a time on this CPU; null where they are plain ones. */
  readonly convolutionBlock: number | null;
}

export interface Finding {
  /** A `problem` keeps robenc from working; a `hint` makes it slow or small. */
  readonly kind: 'problem' | 'hint';
  readonly text: string;
}

export default defineCommand({
  name: 'doctor',
  summary: 'show what this machine has, which devices really work, and what to do about the rest',
  details: 'Every device is tried with a small model whose answer is known. Exits with 3 when models cannot run here at all.',
  examples: ['robenc doctor', 'robenc doctor --json'],
  options: {},
  async run(_options, context) {
    const diagnosis = await diagnose(context.cwd);
    const findings = judge(diagnosis);
    print(diagnosis, findings, context);
    context.result({ ...diagnosis, findings });
    return findings.some(({ kind }) => kind === 'problem') ? EXIT.couldNotRun : EXIT.done;
  },
});

/** Looks at everything. `folder` is the one whose free space matters. */
export async function diagnose(folder: string): Promise<Diagnosis> {
  const requirePackage = createRequire(import.meta.url);
  const { engines } = requirePackage('../package.json') as { engines: { node: string } };
  const disk = statfsSync(folder);
  // A container may allow less than the machine has; without a limit the answer is 0 or beyond the machine's memory.
  const limit = process.constrainedMemory();
  return {
    node: { version: process.versions.node, required: engines.node },
    system: { platform: platform(), release: release(), architecture: arch() },
    cpu: { model: cpus()[0]?.model.trim() ?? 'unknown', cores: cpus().length, usableCores: availableParallelism() },
    memory: { totalBytes: limit > 0 ? Math.min(limit, totalmem()) : totalmem(), freeBytes: freemem() },
    disk: { path: folder, freeBytes: disk.bavail * disk.bsize },
    packages: PACKAGES.map((entry) => ({ ...entry, version: versionOf(entry.name, requirePackage) })),
    devices: await listDevices(),
    convolutionBlock: await convolutionBlock().catch(() => null),
  };
}

/** What follows from a diagnosis: problems first. */
export function judge({ node, cpu, memory, disk, packages, devices }: Diagnosis): Finding[] {
  const problems: string[] = [];
  const hints: string[] = [];
  if (!isAtLeast(node.version, node.required)) problems.push(`Node ${node.version} is too old: robenc needs ${node.required}. Install a newer Node.`);
  for (const { name, version, needed, add } of packages) if (version === null) (needed ? problems : hints).push(`${name} is not installed. To add it: ${add}`);
  for (const { name, works, detail, remedy } of devices) if (!works) (name === 'cpu' ? problems : hints).push(`${detail} ${remedy}`);
  if (cpu.usableCores < 2) hints.push('Only one core may be used: training takes about twice the time of the figures in the documentation.');
  if (memory.totalBytes < 2 * GIB) hints.push(`${gibibytes(memory.totalBytes)} of memory is little: use a smaller --batch-size and fewer workers.`);
  if (disk.freeBytes < GIB)
    hints.push(`${gibibytes(disk.freeBytes)} of disk is free in ${disk.path}: free some before training, checkpoints and data need room.`);
  return [...problems.map((text): Finding => ({ kind: 'problem', text })), ...hints.map((text): Finding => ({ kind: 'hint', text }))];
}

function print(
  { node, system, cpu, memory, disk, packages, devices, convolutionBlock: block }: Diagnosis,
  findings: readonly Finding[],
  { stdout }: CommandContext,
): void {
  const line = (name: string, value: string): void => stdout(`${name.padEnd(28)}${value}`);
  line('Node', `${node.version} (needs ${node.required})`);
  line('System', `${system.platform} ${system.release} ${system.architecture}`);
  line('CPU', `${cpu.model}, ${cpu.cores} cores, ${cpu.usableCores} usable`);
  line('Memory', `${gibibytes(memory.totalBytes)}, ${gibibytes(memory.freeBytes)} free`);
  line('Disk', `${gibibytes(disk.freeBytes)} free in ${disk.path}`);
  for (const { name, version, purpose } of packages) line(name, `${version ?? 'not installed'} (${purpose})`);
  for (const { name, works, detail } of devices) line(`Device ${name}`, works ? `works. ${detail}` : 'does not work');
  line(
    'Convolutions in training',
    block === null ? 'plain: blocks of channels give no right numbers here' : `in blocks of ${block} channels, which give the numbers of plain ones`,
  );
  for (const { kind, text } of findings) stdout(`${kind === 'problem' ? 'PROBLEM' : 'Hint'}: ${text}`);
}

/** The version of an installed package. Its files are looked for, since a package may refuse to have its package.json imported. */
function versionOf(name: string, requirePackage: NodeRequire): string | null {
  const path = (requirePackage.resolve.paths(name) ?? []).map((folder) => join(folder, name, 'package.json')).find((file) => existsSync(file));
  return path === undefined ? null : (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

/** `20.20.2` against `>=20.19`. */
function isAtLeast(version: string, range: string): boolean {
  const [have, want] = [version, range.replace('>=', '')].map((text) => text.split('.').map(Number));
  for (const [index, number] of want!.entries()) if (have![index] !== number) return (have![index] ?? 0) > number;
  return true;
}

function gibibytes(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}
