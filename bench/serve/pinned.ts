/** @file Processes that keep to one core, so that what is measured and what measures do not take each other's time. */
import { fork, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { RobencError } from '@robenc/shared/errors.js';

/** The server, its peers and the plain loop run on the first of these; whoever sends requests, on the second. */
export const CORES = { server: 0, generator: 1 } as const;

/** Throws `unsupported` where processes cannot be kept to a core, or there is only one. */
export function checkPinning(): void {
  const cores = Object.values(CORES).join(',');
  if (spawnSync('taskset', ['-c', cores, process.execPath, '--version']).status !== 0)
    throw new RobencError(
      'unsupported',
      `This benchmark keeps processes to the cores ${cores} with taskset (Linux, package util-linux), which does not work here.`,
    );
}

/** The command line that runs Node on one core. */
export function onCore(core: number): readonly [string, ...string[]] {
  return ['taskset', '-c', String(core), process.execPath];
}

/** A module of ours in a process of its own, which answers each message with one. */
export class Pinned {
  readonly #child: ChildProcess;
  readonly #name: string;

  constructor(core: number, module: URL, args: readonly string[] = []) {
    const [command, ...before] = onCore(core);
    this.#name = module.pathname.split('/').at(-1)!;
    this.#child = fork(module, args, {
      execPath: command,
      execArgv: [...before, '--import', 'tsx'],
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  }

  /** Asks one question; the next may be asked when it is answered. */
  async ask<Q extends object, A>(question: Q): Promise<A> {
    const over = new AbortController();
    try {
      const answer = once(this.#child, 'message', over);
      const ended = once(this.#child, 'exit', over);
      for (const one of [answer, ended]) one.catch(() => undefined);
      this.#child.send(question);
      const [found] = (await Promise.race([answer, ended])) as [{ readonly value: A } | { readonly error: string } | number | null];
      if (found === null || typeof found === 'number') throw new Error(`${this.#name} ended with ${found}.`);
      if ('error' in found) throw new Error(`${this.#name}: ${found.error}`);
      return found.value;
    } finally {
      over.abort();
    }
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.disconnect();
    await ended;
  }
}

/** The other side: answers questions, one after the other, until its owner is gone. */
export function answerQuestions<Q>(answer: (question: Q) => Promise<unknown>): void {
  process.on('message', (question: Q) => {
    answer(question).then(
      (value) => process.send?.({ value }),
      (error: unknown) => process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  process.on('disconnect', () => process.exit(0));
}
