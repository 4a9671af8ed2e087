/** @file The arrows between packages and folders, read from every import, and the form of source files. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const PACKAGES = ['shared', 'export', 'train', 'serve', 'audit', 'cli', 'docs', 'bench', 'test'];
const LONGEST_FILE = 350;
/** Written by `npm run docs`. */
const GENERATED = ['serve/client/api.ts'];

interface Import {
  readonly file: string;
  /** A path from the root for our own files, `npm:<package>` for the others. */
  readonly target: string;
  /** True for `import type`, which is gone at run time. */
  readonly typeOnly: boolean;
  /** True for `import()`, which runs only when its code does. */
  readonly lazy: boolean;
}

function sourceFiles(): string[] {
  return PACKAGES.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((file) => join(folder, file))
      .filter((file) => /\.(ts|mjs)$/.test(file) && !/(^|\/)(node_modules|fixtures|\..*)\//.test(file)),
  );
}

/** Comments and template literals may show imports that are none. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}

function importsOf(file: string): Import[] {
  const text = withoutComments(readFileSync(join(root, file), 'utf8'));
  const statements = [...text.matchAll(/^\s*(import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm)].map(([, , type, name]) => ({
    name: name!,
    typeOnly: type !== undefined,
    lazy: false,
  }));
  const calls = [...text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g)].map(([match, name]) => ({ name: name!, typeOnly: /type|:\s*$/.test(match), lazy: true }));
  return [...statements, ...calls].map(({ name, typeOnly, lazy }) => ({ file, target: resolved(file, name), typeOnly, lazy }));
}

function resolved(file: string, name: string): string {
  if (name.startsWith('.')) return normalize(join(dirname(file), name));
  if (name.startsWith('@robenc/')) return name.slice('@robenc/'.length);
  return `npm:${name.startsWith('@') ? name.split('/').slice(0, 2).join('/') : name.split('/')[0]!}`;
}

const top = (path: string) => path.split('/')[0]!;

/** What each package may import of ours, beside itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  export: ['shared'],
  train: ['shared', 'export'],
  serve: ['shared', 'audit'],
  audit: ['shared'],
  cli: ['shared', 'export', 'train', 'serve', 'audit'],
  // The page on operators says how each is tested.
  docs: ['shared', 'export', 'train', 'serve', 'audit', 'cli', 'test'],
  bench: ['shared', 'export', 'train', 'serve', 'audit', 'cli'],
  test: ['shared', 'export', 'train', 'serve', 'audit', 'cli', 'docs', 'bench'],
};

/** Inside shared: each folder may import itself, what its row names, and the files that lie directly in shared. */
const SHARED_FOLDERS: Readonly<Record<string, readonly string[]>> = {
  config: [],
  proto: [],
  math: [],
  graph: ['proto', 'math', 'config'],
  ops: ['graph', 'proto', 'math'],
  autodiff: ['ops', 'graph', 'proto', 'math'],
  runtime: ['autodiff', 'ops', 'graph', 'proto', 'math', 'config'],
  attacks: ['math', 'config', 'autodiff', 'ops', 'graph', 'runtime', 'images'],
  evaluation: ['attacks', 'math', 'config', 'autodiff', 'ops', 'graph', 'runtime', 'images', 'data', 'package'],
  library: ['autodiff', 'ops', 'graph', 'proto', 'runtime', 'config'],
  images: ['math', 'config', 'graph'],
  charts: [],
  data: ['images', 'math', 'config', 'graph'],
  jobs: ['math', 'config'],
  package: ['autodiff', 'ops', 'graph', 'proto', 'runtime', 'math', 'config', 'images'],
  deploy: ['package', 'evaluation', 'attacks', 'autodiff', 'ops', 'graph', 'proto', 'runtime', 'math', 'config', 'images', 'data'],
};

/** What values are is a language that all of shared speaks; and the readers and writers of files in graph/ look operators up in their table. */
function isException(file: string, target: string): boolean {
  return target === 'shared/graph/value.js' || (target === 'shared/ops/index.js' && /^shared\/graph\/(from|to)-onnx\.ts$/.test(file));
}

/** Commands put everything together. */
const FREE_IN_SHARED = ['commands'];

describe('architecture', () => {
  const imports = sourceFiles().flatMap(importsOf);
  const broken = (bad: (one: Import) => boolean) => imports.filter(bad).map(({ file, target }) => `${file} imports ${target}`);

  it('every package imports only the packages that its arrows allow', () => {
    const forbidden = broken(
      ({ file, target }) =>
        !target.startsWith('npm:') && PACKAGES.includes(top(target)) && top(target) !== top(file) && !MAY_IMPORT[top(file)]!.includes(top(target)),
    );
    assert.deepEqual(forbidden, []);
  });

  it('shared, serve and audit import neither tfjs nor each other’s frameworks, and shared no web framework', () => {
    const tfjs = broken(({ file, target }) => ['shared', 'serve', 'audit'].includes(top(file)) && target.startsWith('npm:@tensorflow/'));
    const web = broken(({ file, target }) => ['shared', 'export', 'train'].includes(top(file)) && ['npm:express', 'npm:helmet', 'npm:multer'].includes(target));
    assert.deepEqual([...tfjs, ...web], []);
  });

  it('onnxruntime-node is imported by shared/runtime/session.ts alone', () => {
    const others = broken(
      ({ file, target, typeOnly }) =>
        /^npm:onnxruntime/.test(target) && !typeOnly && file !== 'shared/runtime/session.ts' && top(file) !== 'bench' && top(file) !== 'test',
    );
    assert.deepEqual(others, []);
  });

  it('the folders of shared import only what lies below them', () => {
    const folder = (path: string) => (path.split('/').length > 2 ? path.split('/')[1]! : '');
    const forbidden = broken(({ file, target, typeOnly }) => {
      if (top(file) !== 'shared' || top(target) !== 'shared' || folder(file) === folder(target)) return false;
      if (folder(target) === '' || FREE_IN_SHARED.includes(folder(file))) return false;
      const allowed = SHARED_FOLDERS[folder(file)];
      if (folder(file) === '' || allowed === undefined) return !typeOnly;
      return !allowed.includes(folder(target)) && !isException(file, target);
    });
    assert.deepEqual(forbidden, []);
  });

  it('the program reaches the packages of commands only lazily, so that --version loads none of them', () => {
    const eager = broken(
      ({ file, target, lazy, typeOnly }) =>
        /^cli\/(main|commands|program|context|progress-bar)\.ts$/.test(file) &&
        ['export', 'train', 'serve', 'audit'].includes(top(target)) &&
        !lazy &&
        !typeOnly,
    );
    assert.deepEqual(eager, []);
  });

  it('inside a package only commands import commands', () => {
    const isCommand = (path: string) => /^[^/]+\/commands\//.test(path);
    const packages = ['shared', 'export', 'train', 'serve', 'audit'];
    assert.deepEqual(
      broken(({ file, target }) => packages.includes(top(file)) && !isCommand(file) && isCommand(target)),
      [],
    );
  });

  it('no file imports itself in a circle', () => {
    const edges = new Map<string, string[]>();
    for (const { file, target, typeOnly } of imports)
      if (!typeOnly && !target.startsWith('npm:')) edges.set(file, [...(edges.get(file) ?? []), target.replace(/\.js$/, '.ts')]);
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) return void circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      if (done.has(file)) return;
      for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of edges.keys()) visit(file, []);
    assert.deepEqual(circles, []);
  });

  it('every import of ours names a file that exists', () => {
    const files = new Set(sourceFiles());
    const exists = (target: string) => files.has(target) || files.has(target.replace(/\.js$/, '.ts'));
    const missing = broken(({ target }) => !target.startsWith('npm:') && PACKAGES.includes(top(target)) && /\.(js|mjs|ts)$/.test(target) && !exists(target));
    assert.deepEqual(missing, []);
  });

  it('every source file opens with a @file sentence', () => {
    const without = sourceFiles().filter((file) => !/^(#!.*\n)?\/\*\*(\n \*)? @file \S[^]*?\*\//.test(readFileSync(join(root, file), 'utf8')));
    assert.deepEqual(without, []);
  });

  it(`no source file outside the tests is longer than ${LONGEST_FILE} lines`, () => {
    const long = sourceFiles()
      .filter((file) => top(file) !== 'test' && !GENERATED.includes(file))
      .map((file) => ({ file, lines: readFileSync(join(root, file), 'utf8').split('\n').length - 1 }))
      .filter(({ lines }) => lines > LONGEST_FILE);
    assert.deepEqual(long, []);
  });

  it('no library takes chance or time from its surroundings', () => {
    const takers = sourceFiles()
      .filter((file) => ['shared', 'export', 'train', 'audit'].includes(top(file)) && !file.includes('/commands/'))
      .filter((file) => /\bMath\.random\(|\bDate\.now\(|\bnew Date\(\)/.test(withoutComments(readFileSync(join(root, file), 'utf8'))));
    assert.deepEqual(takers, []);
  });

  it('reads imports as they are written', () => {
    const own = importsOf(relative(root, fileURLToPath(import.meta.url)));
    assert.ok(own.some(({ target }) => target === 'npm:node:fs'));
    assert.ok(importsOf('cli/main.ts').some(({ target }) => target === 'shared/errors.js'));
    assert.ok(importsOf('shared/config/check.ts').some(({ target }) => target === 'npm:@sinclair/typebox'));
  });
});
