/**
 * @file Writes the generated documents: cli.md from the commands, errors.md from the error codes, operators.md from the table of operators,
 * the run files of configs/ from the table of methods, and the types of the HTTP client from the OpenAPI document.
 * With --check it writes nothing and fails when a file is not what it would write.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { writeFileAtomic } from '@robenc/shared/files.js';
import { clientTypes } from './pages/client-types.js';
import { commandsPage } from './pages/commands.js';
import { errorsPage } from './pages/errors.js';
import { operatorsPage } from './pages/operators.js';
import { runFiles } from './pages/run-files.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const pages: Readonly<Record<string, string>> = {
  'docs/cli.md': await commandsPage(),
  'docs/errors.md': errorsPage(root),
  'docs/operators.md': operatorsPage(),
  'serve/client/api.ts': await clientTypes(root),
  ...runFiles(),
};

const checking = process.argv.includes('--check');
for (const [path, text] of Object.entries(pages)) {
  const same = existsSync(root + path) && readFileSync(root + path, 'utf8') === text;
  if (same) continue;
  if (checking) {
    console.error(`${path} is not what the sources say. Run npm run docs and commit it.`);
    process.exitCode = 1;
  } else {
    writeFileAtomic(root + path, text);
    console.log(`wrote ${path}`);
  }
}
