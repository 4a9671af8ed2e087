/**
 * @file Runs a TypeScript file of this repository, installing its packages first where they are missing or out of date.
 * Needs only Node and npm: `node cli/with-install.mjs test/run.ts --slow`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const LEAST_NODE = [20, 19];

/** The packages of a lock file by where they lie, each with its version; links to workspaces have none. */
function packagesOf(path) {
  return new Map(Object.entries(JSON.parse(readFileSync(path, 'utf8')).packages).filter(([place, { link }]) => place.includes('node_modules/') && !link));
}

/**
 * True when what is installed is not what package-lock.json asks for: npm writes a hidden lock file of the same kind at the end of each installation. Their
 * contents are compared, since a fresh clone has the younger lock file. Packages for other systems are optional, and missing.
 */
function installationIsMissing() {
  const hidden = `${root}node_modules/.package-lock.json`;
  if (!existsSync(hidden)) return true;
  const [wanted, installed] = [packagesOf(`${root}package-lock.json`), packagesOf(hidden)];
  const differs = ([place, { version, optional, devOptional }]) =>
    installed.has(place) ? installed.get(place).version !== version : !optional && !devOptional;
  return [...wanted].some(differs);
}

/** `npm ci` without install scripts, so that nothing but the npm registry is reached. Exits where it fails. */
function install() {
  console.error('robenc: installing packages (npm ci)');
  // Inside `npm run`, npm says which file it is; else it is on the path. On Windows that is npm.cmd, which only a shell starts.
  const npm = process.env.npm_execpath;
  const words = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const options = { cwd: root, stdio: ['ignore', 2, 2], env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' } };
  const { status } =
    npm !== undefined && /\.c?js$/.test(npm)
      ? spawnSync(process.execPath, [npm, ...words], options)
      : spawnSync('npm', words, { ...options, shell: process.platform === 'win32' });
  if (status !== 0) {
    console.error('robenc: npm ci failed; its message is above. Check the network or the npm registry setting, then run this again.');
    process.exit(3);
  }
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < LEAST_NODE[0] || (major === LEAST_NODE[0] && minor < LEAST_NODE[1])) {
  console.error(`robenc: this is Node ${process.versions.node}; at least ${LEAST_NODE.join('.')} is needed.`);
  process.exit(3);
}
const [script, ...rest] = process.argv.slice(2);
if (script === undefined) {
  console.error('usage: node cli/with-install.mjs <file.ts> [arguments]');
  process.exit(2);
}
if (installationIsMissing()) install();
const { status, signal } = spawnSync(process.execPath, ['--import', 'tsx/esm', script, ...rest], { cwd: root, stdio: 'inherit' });
process.exit(status ?? (signal === 'SIGINT' ? 130 : 3));
