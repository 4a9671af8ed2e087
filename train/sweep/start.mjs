/** @file The first thing that the process of a run runs. From sources it registers tsx, as the program itself does. */
import { existsSync } from 'node:fs';

if (existsSync(new URL('./run-process.ts', import.meta.url))) {
  const { register } = await import('tsx/esm/api');
  register();
  await import('./run-process.ts');
} else await import('./run-process.js');
