/** @file The `robenc` program: reads the command line, runs one command, turns what happened into output and an exit code. */
import { readFileSync } from 'node:fs';
import type { Command } from '@robenc/shared/config/command.js';
import { readOptions } from '@robenc/shared/config/command-options.js';
import { exitCodeOf, RobencError } from '@robenc/shared/errors.js';
import { commands } from './commands.js';
import { createShellContext, type ShellContext } from './context.js';
import { readCommandLine, type Request } from './program.js';
import { watchSignals } from './signals.js';

/** Milliseconds that a finished command may take to let go of its workers and sockets. */
const GRACE_MS = 5_000;

/** Runs one command line (without `node` and the script) and sets the process's exit code. Never rejects. */
export async function main(argv: readonly string[]): Promise<void> {
  const signal = watchSignals();
  const context = createShellContext({
    json: asksForJson(argv),
    signal,
    cwd: process.cwd(),
    stdout: process.stdout,
    stderr: process.stderr,
    debug: process.env['ROBENC_DEBUG'] === '1',
  });
  let exitCode: number;
  try {
    exitCode = await runCommandLine(argv, context);
    context.finish(exitCode);
  } catch (error) {
    context.fail(error);
    exitCode = exitCodeOf(error);
  }
  process.exitCode = exitCode;
  // A worker or socket that is still open would keep the process alive for ever; one that closes in time is not cut off.
  setTimeout(() => process.exit(exitCode), GRACE_MS).unref();
}

/** As `main`, in a given context. Throws what the command throws. */
export async function runCommandLine(argv: readonly string[], context: ShellContext): Promise<number> {
  const loaded = await loadNamed(argv);
  const request = readCommandLine(argv, { version: packageVersion(), all: commands.entries, loaded });
  if (request.kind === 'text') return tell(request, argv, context);
  const { command, raw } = request;
  const positional = Object.fromEntries(Object.keys(command.arguments).map((name) => [name, raw[name]]));
  return command.run({ ...readOptions(command, raw), ...positional }, context);
}

function tell({ text, exitCode }: Request & { kind: 'text' }, argv: readonly string[], context: ShellContext): number {
  if (exitCode !== 0) {
    context.stderr(text);
    throw new RobencError('usage', 'No command given. See robenc --help.');
  }
  context.result(argv.some((word) => word === '--version' || word === '-V') ? { version: text } : { help: text });
  if (!context.json) context.stdout(text);
  return exitCode;
}

/** The command that a line names, also in `robenc help train`. */
async function loadNamed(argv: readonly string[]): Promise<Command | undefined> {
  const words = argv.filter((word) => !word.startsWith('-'));
  const [first, second] = words[0] === 'help' ? words.slice(1) : words;
  const name = commands.has(`${first} ${second}`) ? `${first} ${second}` : first;
  return name !== undefined && commands.has(name) ? (await commands.get(name).load()).default : undefined;
}

function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end === -1 ? undefined : end).includes('--json');
}

function packageVersion(): string {
  // In dist/ the program lies one folder deeper, and the package.json that the build writes lies beside it.
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return version;
}
