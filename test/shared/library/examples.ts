/** @file The examples of docs/library.md, and what they are asked to print. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeModel } from '../commands/models.js';

const page = readFileSync(fileURLToPath(new URL('../../../docs/library.md', import.meta.url)), 'utf8');

/** Code by the function that it shows. */
export const examples: Readonly<Record<string, string>> = Object.fromEntries(
  [...page.matchAll(/^## (\w+)\n[^]*?```js\n([^]*?)```/gm)].map(([, name, code]) => [name!, code!]),
);

/** Runs an example in a folder with a classifier, where `robenc` is imported from `library`; each line must be what the comment beside it says. */
export function runExample(name: string, folder: string, library: string, nodeFlags: readonly string[] = []): void {
  writeModel(folder);
  renameModel(folder);
  const code = examples[name]!;
  writeFileSync(join(folder, `${name}.mjs`), code.replace("'robenc'", JSON.stringify(library)));
  const { status, stdout, stderr } = spawnSync(process.execPath, [...nodeFlags, `${name}.mjs`], { cwd: folder, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const promised = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text!);
  assert.ok(promised.length > 0);
  assert.equal(stdout.replaceAll(/\s+/g, ' ').trim(), promised.join(' '));
}

function renameModel(folder: string): void {
  writeFileSync(join(folder, 'classifier.onnx'), readFileSync(join(folder, 'model.onnx')));
}
