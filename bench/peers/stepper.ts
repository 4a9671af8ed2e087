/** @file A process that answers each line with a line of JSON, such as the peers whose steps are timed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

export class Stepper {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #messages = '';

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.#messages = (this.#messages + text).slice(-2000)));
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** What the process says next; `word` is sent to it first. */
  async ask(word?: string): Promise<unknown> {
    if (word !== undefined) this.#child.stdin!.write(`${word}\n`);
    const next = await this.#lines.next();
    if (next.done === true) throw new Error(`The process ended early:\n${this.#messages}`);
    return JSON.parse(next.value);
  }

  close(): void {
    this.#child.stdin!.end();
  }
}
