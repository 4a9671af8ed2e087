/** @file The folder in which hostile files lie, with what they would like to reach, and a process that uses them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { files } from './files.js';
import type { Outcome } from './use.js';

const subject = fileURLToPath(new URL('subject.ts', import.meta.url));
const tsx = import.meta.resolve('tsx');

/** A refusal may take so long; a large file that is valid may take a while. */
const MILLISECONDS = { refused: 2000, valid: 10_000 };

export interface Used extends Outcome {
  /** The greatest memory of the process up to then. */
  readonly bytes: number;
}

export class HostileFolder {
  readonly #root = mkdtempSync(join(tmpdir(), 'robenc-hostile-'));
  readonly #folder = join(this.#root, 'model');
  #count = 0;

  constructor() {
    mkdirSync(this.#folder);
    writeFileSync(join(this.#root, 'secret.bin'), new Uint8Array(16));
    writeFileSync(join(this.#folder, 'data.bin'), new Uint8Array(16));
    symlinkSync(join(this.#root, 'secret.bin'), join(this.#folder, 'link.bin'));
    spawnSync('mkfifo', [join(this.#folder, 'pipe')]);
  }

  /** The path of a new file. */
  write(bytes: Uint8Array): string {
    const path = join(this.#folder, `${this.#count++}.onnx`);
    writeFileSync(path, bytes);
    return path;
  }

  /** Uses files one after the other in one new process, which must end by itself. */
  use(paths: readonly string[]): Used[] {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', tsx, subject, ...paths], { encoding: 'utf8', timeout: 300_000 });
    assert.equal(status, 0, `${stdout.trim().split('\n').length} of ${paths.length} files were used; then: ${stderr}`);
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Used);
  }

  remove(): void {
    rmSync(this.#root, { recursive: true });
  }
}

/** Asks for the answer that a file may get, in time and in few words. */
export function check(title: string, { code, message, gradient, ms }: Used): void {
  assert.match(code ?? 'read', files[title]!.read, message);
  if (code !== null) assert.ok(message.length < 2000, `a message of ${message.length} characters`);
  if (files[title]!.gradient) assert.match(gradient ?? 'made', files[title]!.gradient);
  assert.ok(ms < MILLISECONDS[(code ?? gradient) ? 'refused' : 'valid'], `${ms.toFixed(0)} ms`);
}
