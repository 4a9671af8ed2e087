/** @file Runs one `robenc` command as a process of its own, shows the line a user would type, and reads its JSON answer. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { RobencError } from '@robenc/shared/errors.js';

export const ROBENC = fileURLToPath(new URL('../robenc.mjs', import.meta.url));

/** The command as people type it. */
export function commandLine(args: readonly string[]): string {
  return `npx robenc ${args.map((word) => (/^[\w./:=@,-]+$/.test(word) ? word : JSON.stringify(word))).join(' ')}`;
}

/** Runs `robenc …args --json`; its progress goes to stderr. Throws when it fails, with its own message. */
export async function robenc<T>(...args: string[]): Promise<T> {
  console.error(`\n$ ${commandLine(args)}`);
  const child = spawn(process.execPath, [ROBENC, ...args, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const answer = parse(text);
  if (code !== 0 || answer === null) {
    const told = (answer as { error?: { message?: string } } | null)?.error?.message;
    throw new RobencError('mismatch', `"${commandLine(args)}" ended with exit code ${code}${told ? `: ${told}` : '.'}`);
  }
  return answer as T;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
