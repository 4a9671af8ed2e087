/** @file The first thing that an engine process runs. From sources it registers tsx, as the program itself does. */
import { existsSync } from 'node:fs';

if (existsSync(new URL('./engine-process.ts', import.meta.url))) {
  const { register } = await import('tsx/esm/api');
  register();
  await import('./engine-process.ts');
} else await import('./engine-process.js');
