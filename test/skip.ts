/** @file Skipping a test while saying why, so that the runner can list the reasons at the end. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from 'mocha';

/** Skips the running test, or, in a `before` hook, its whole suite. The reason is printed with the summary. */
export function skip(context: Context, reason: string): never {
  // A `before` hook skips the suite around it, a `beforeEach` hook the test that it goes before.
  const isBeforeAll = context.test?.title.startsWith('"before all"') === true;
  const skipped = isBeforeAll ? context.test?.parent : (context.currentTest ?? context.test);
  if (skipped !== undefined) Object.assign(skipped, { skipReason: reason });
  return context.skip();
}

/** The folder that an environment variable names, with `path` in it; skips the test when there is none. `ROBENC_FIXTURES` and `ROBENC_DATA` are such. */
export function folderOrSkip(context: Context, variable: 'ROBENC_FIXTURES' | 'ROBENC_DATA', path = '.'): string {
  const folder = process.env[variable];
  if (folder === undefined || folder === '') skip(context, `${variable} is not set`);
  const full = join(folder, path);
  if (!existsSync(full)) skip(context, `${variable} has no ${path}`);
  return full;
}
