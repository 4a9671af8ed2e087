/** @file Reads files as every command does, in a process of its own: prints one line for each, what came of it, and the greatest memory so far. Arguments: paths. */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { useEverything } from './use.js';

for (const path of process.argv.slice(2))
  console.log(JSON.stringify({ ...useEverything(readFileSync(path), dirname(path)), bytes: process.resourceUsage().maxRSS * 1024 }));
