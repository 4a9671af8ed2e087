#!/usr/bin/env node
/** @file The bin: runs the TypeScript sources beside it through tsx, or the built JavaScript where there are no sources. */
import { existsSync } from 'node:fs';

if (existsSync(new URL('./main.ts', import.meta.url))) {
  const { register } = await import('tsx/esm/api');
  register();
  const { main } = await import('./main.ts');
  await main(process.argv.slice(2));
} else {
  const { main } = await import('./main.js');
  await main(process.argv.slice(2));
}
