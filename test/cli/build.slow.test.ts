/** @file `npm run build`: the built program runs without the sources. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { examples, runExample } from '../shared/library/examples.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

function node(...argv: string[]) {
  return spawnSync(process.execPath, argv, { cwd: tmpdir(), encoding: 'utf8' });
}

describe('npm run build', () => {
  it('makes dist/, whose program tells the same version and the same help as the sources', () => {
    const built = node(`${root}cli/build.mjs`);
    assert.equal(built.status, 0, built.stdout + built.stderr);
    const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string };
    assert.equal(node(`${root}dist/cli/robenc.mjs`, '--version').stdout, `${version}\n`);
    for (const command of ['train', 'serve', 'audit', 'differentiate'])
      assert.equal(node(`${root}dist/cli/robenc.mjs`, command, '--help').stdout, node(`${root}cli/robenc.mjs`, command, '--help').stdout);
  });

  it('dist/ is a library for plain JavaScript, with types', () => {
    const folder = mkdtempSync(join(tmpdir(), 'robenc-dist-'));
    try {
      mkdirSync(join(folder, 'node_modules'));
      symlinkSync(`${root}dist`, join(folder, 'node_modules/robenc'), 'junction');
      for (const name of Object.keys(examples)) runExample(name, folder, 'robenc');
      const typed = [
        "import { differentiate } from 'robenc';",
        "export const bytes: Uint8Array = differentiate('m.onnx', { loss: 'margin' }).bytes;",
        '// @ts-expect-error a loss has a name',
        "differentiate('m.onnx', { loss: 3 });",
      ];
      writeFileSync(join(folder, 'typed.mts'), typed.join('\n'));
      const options = `--noEmit --strict --skipLibCheck --module nodenext --target es2023 --types node --typeRoots ${root}node_modules/@types`.split(' ');
      const checked = spawnSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, ...options, 'typed.mts'], { cwd: folder, encoding: 'utf8' });
      assert.equal(checked.status, 0, checked.stdout);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
