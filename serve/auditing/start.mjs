/** @file The first thing that the process of an audit runs. From sources it registers tsx, as the program itself does. */
import { existsSync } from 'node:fs';

if (existsSync(new URL('./audit-process.ts', import.meta.url))) {
  const { register } = await import('tsx/esm/api');
  register();
  await import('./audit-process.ts');
} else await import('./audit-process.js');
