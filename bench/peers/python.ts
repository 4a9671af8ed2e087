/** @file Where the Python environments of the peers are, and how their programs are run. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ENVIRONMENTS = {
  torch: { variable: 'ROBENC_PEERS', folder: '.venv' },
  tfjs: { variable: 'ROBENC_PEERS_TFJS', folder: '.venv-tfjs' },
  serving: { variable: 'ROBENC_PEERS_SERVING', folder: '.venv-serving' },
  tensorflow: { variable: 'ROBENC_PEERS_TF', folder: '.venv-tf' },
} as const;

export type Peer = keyof typeof ENVIRONMENTS;

/** The Python of a peer, or why there is none. */
export function pythonOf(peer: Peer): { readonly python: string } | { readonly absent: string } {
  const { variable, folder } = ENVIRONMENTS[peer];
  const root = process.env[variable] ?? join(import.meta.dirname, folder);
  const python = join(root, 'bin', 'python');
  return existsSync(python) ? { python } : { absent: `no Python environment of ${peer}: run bench/peers/setup.sh ${peer}, or set ${variable}` };
}

/** Runs a program of this folder and yields each line of JSON that it prints. Throws, with the end of its messages, where it fails. */
export async function* linesOf(python: string, program: string, args: readonly string[]): AsyncGenerator<unknown> {
  const child = spawn(python, [join(import.meta.dirname, program), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let messages = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (messages = (messages + text).slice(-4000)));
  const ended = new Promise<number | null>((resolve, reject) => child.on('close', resolve).on('error', reject));
  for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line);
  const code = await ended;
  if (code !== 0) throw new Error(`${program} ended with ${code}:\n${messages}`);
}
