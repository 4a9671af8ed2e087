/** @file The program as a shell sees it: versions, exit codes, what goes where, signals and closed pipes. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { commands } from '../../cli/commands.js';
import { createShellContext } from '../../cli/context.js';
import { RobencError } from '@robenc/shared/errors.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = `${root}cli/robenc.mjs`;
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string };

function robenc(...argv: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...argv], { encoding: 'utf8', cwd: root });
  return { status, stdout, stderr };
}

function shell(json: boolean) {
  const out: string[] = [];
  const err: string[] = [];
  const sink = (lines: string[]) => ({ isTTY: false, write: (text: string) => lines.push(text) });
  const context = createShellContext({ json, signal: new AbortController().signal, cwd: '.', stdout: sink(out), stderr: sink(err), debug: false });
  return { context, out, err };
}

describe('robenc', () => {
  it('--version prints the version of package.json, and as JSON too', () => {
    assert.deepEqual(robenc('--version'), { status: 0, stdout: `${version}\n`, stderr: '' });
    assert.deepEqual(JSON.parse(robenc('--version', '--json').stdout), { version });
  });

  it('--version loads neither tfjs nor ONNX Runtime nor sharp', () => {
    const script = `process.argv = [process.execPath, ${JSON.stringify(bin)}, '--version']; process.on('exit', () => {
      const heavy = process.report.getReport().sharedObjects.filter((name) => /onnxruntime|tensorflow|sharp|vips/.test(name));
      if (heavy.length > 0 || globalThis._tfengine !== undefined) { console.error(heavy); process.exitCode = 9; } });
      await import(${JSON.stringify(bin)});`;
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', cwd: root });
    assert.equal(status, 0, stderr);
  });

  it('an unknown command is usage: exit code 2, a message without a stack, and one JSON object with --json', () => {
    const { status, stdout, stderr } = robenc('no-such-command', '--json');
    assert.equal(status, 2);
    const { error } = JSON.parse(stdout) as { error: { code: string; message: string } };
    assert.equal(error.code, 'usage');
    assert.match(error.message, /no-such-command/);
    assert.doesNotMatch(stderr, /\n\s+at /);
  });

  it('no command at all shows the help on stderr and exits with 2', () => {
    const { status, stdout, stderr } = robenc();
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, /Usage: robenc/);
  });

  for (const entry of commands.entries)
    it(`${entry.name}: the table and the command agree on name and summary, and its help can be shown`, async () => {
      const { default: command } = await entry.load();
      assert.deepEqual([command.name, command.summary], [entry.name, entry.summary]);
      assert.ok(!command.summary.endsWith('.'), 'a summary has no full stop');
      assert.ok(Object.keys(command.options).every((name) => /^[a-z][A-Za-z0-9]*$/.test(name) && name !== 'json' && name !== 'help' && name !== 'version'));
    });

  it('a closed stdout is no error', async () => {
    const child = spawn(process.execPath, [bin, '--help'], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    const status = await new Promise((resolve) => child.once('exit', resolve));
    assert.deepEqual([status, stderr], [0, '']);
  });
});

describe('shell context', () => {
  it('with --json stdout has the result alone, and lines go to stderr', () => {
    const { context, out, err } = shell(true);
    context.stdout('a table');
    context.result({ accuracy: 0.5 });
    context.finish(0);
    assert.deepEqual([out, err], [['{"accuracy":0.5}\n'], ['a table\n']]);
  });

  it('without --json lines go to stdout, and the result is dropped', () => {
    const { context, out } = shell(false);
    context.stdout('a table');
    context.result({ accuracy: 0.5 });
    context.finish(0);
    assert.deepEqual(out, ['a table\n']);
  });

  it('an error is a message on stderr and with --json an object with code and field', () => {
    const { context, out, err } = shell(true);
    context.fail(new RobencError('not-found', 'No model "x".', { field: 'model' }));
    assert.deepEqual(JSON.parse(out.join('')), { error: { code: 'not-found', message: 'No model "x".', field: 'model' } });
    assert.deepEqual(err, ['robenc: No model "x".\n']);
  });

  it('an error after the result does not make a second object, and a fault of ours has code internal', () => {
    const { context, out } = shell(true);
    context.result({ done: true });
    context.fail(new TypeError('x is undefined'));
    assert.equal(out.length, 1);
    const other = shell(true);
    other.context.fail(new TypeError('x is undefined'));
    assert.deepEqual(JSON.parse(other.out.join('')), { error: { code: 'internal', message: 'x is undefined' } });
  });

  it('a command that gives no result still answers one object', () => {
    const { context, out } = shell(true);
    context.finish(1);
    assert.deepEqual(out, ['{"exitCode":1}\n']);
  });
});
