/** @file `npm run build`: the built program runs without the sources. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

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
});
