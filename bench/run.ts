/** @file npm run bench [name…] [-- --option=value]: runs benchmarks and writes what they found to bench/results. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { arch, cpus, platform, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { writeFileAtomic } from '@robenc/shared/files.js';
import { runtimeVersion } from '@robenc/shared/runtime/session.js';
import type { Bench } from './bench.js';

const here = import.meta.dirname;
const available = readdirSync(here)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.slice(0, -'.bench.ts'.length))
  .sort();
const words = process.argv.slice(2);
const names = words.filter((word) => !word.startsWith('--'));
const options = Object.fromEntries(words.filter((word) => word.startsWith('--')).map((word) => word.slice(2).split('=', 2) as [string, string]));
const unknown = names.filter((name) => !available.includes(name));
if (names.length === 0 || unknown.length > 0) {
  const problem = unknown.length > 0 ? `No benchmark ${unknown.join(', ')}. ` : '';
  console.error(`${problem}Usage: npm run bench <name…> [-- --option=value]. There are: ${available.join(', ')}.`);
  process.exit(2);
}

const scratch = mkdtempSync(join(tmpdir(), 'robenc-bench-'));
try {
  for (const name of names) {
    const { default: bench } = (await import(`./${name}.bench.js`)) as { default: Bench };
    console.error(`${bench.name}: ${bench.question}`);
    const answer = await bench.run({ note: (line) => console.error(line), options, scratch });
    const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${platform()}-${arch()}, Node ${process.version}, ONNX Runtime ${runtimeVersion()}`;
    const flags = words.filter((word) => word.startsWith('--')).map((word) => word.replace(/([=:])\/[^,@]*/g, '$1DIR')); // where files lie on this machine is nobody's business
    const command = ['npm run bench', bench.name, ...(flags.length > 0 ? ['--', ...flags] : [])].join(' ');
    const path = join(here, 'results', `${bench.name}.md`);
    writeFileAtomic(path, `# ${bench.question}\n\nCommand: \`${command}\` · ${machine}\n\n${answer.trim()}\n`);
    console.error(`Written to ${path}`);
    console.log(answer);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
