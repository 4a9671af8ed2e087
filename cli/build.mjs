/**
 * @file Builds dist/: the same packages as plain JavaScript with type declarations, for running without tsx or for publishing.
 * dist/ is a workspace root of its own: it runs where it is built, and elsewhere after `npm install` in it.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const rootPackage = readJson('package.json');
const packages = rootPackage.workspaces;

function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}

function writeJson(path, value) {
  writeFileSync(join(dist, path), `${JSON.stringify(value, null, 2)}\n`);
}

/** Everything that is no TypeScript: workers, pages, tables. */
function copyOtherFiles(folder) {
  const other = (path) => !path.endsWith('.ts') && !path.includes('node_modules') && !path.endsWith('package.json');
  cpSync(join(root, folder), join(dist, folder), { recursive: true, filter: other });
}

rmSync(dist, { recursive: true, force: true });
const compiled = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
if (compiled.status !== 0) {
  console.error('robenc: the sources do not compile; the messages of tsc are above.');
  process.exit(3);
}
for (const folder of packages) copyOtherFiles(folder);
copyFileSync(join(root, 'cli/robenc.mjs'), join(dist, 'cli/robenc.mjs'));

mkdirSync(join(dist, 'node_modules/@robenc'), { recursive: true });
for (const folder of packages) {
  writeJson(`${folder}/package.json`, {
    ...readJson(`${folder}/package.json`),
    exports: { './*.js': { types: './*.d.ts', default: './*.js' }, './*.json': './*.json', './package.json': './package.json' },
  });
  symlinkSync(join(dist, folder), join(dist, 'node_modules/@robenc', folder), 'junction');
  // Where npm put another version of a dependency beside the sources, the built package needs that version too.
  if (existsSync(join(root, folder, 'node_modules'))) symlinkSync(join(root, folder, 'node_modules'), join(dist, folder, 'node_modules'), 'junction');
}
const { name, version, description, license, type, engines, bin, dependencies } = rootPackage;
const library = { types: './shared/library/robenc.d.ts', default: './shared/library/robenc.js' };
const client = { types: './serve/client/client.d.ts', default: './serve/client/client.js' };
const exports = { '.': library, './client': client, './package.json': './package.json' };
writeJson('package.json', { name, version, description, license, private: true, type, engines, bin, exports, workspaces: packages, dependencies });
console.log(`built ${dist}; try: node dist/cli/robenc.mjs --version`);
