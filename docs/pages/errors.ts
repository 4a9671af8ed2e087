/** @file docs/errors.md: exit codes, error codes, and which parts of robenc give them. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ERROR_CODES, EXIT, EXIT_MEANINGS } from '@robenc/shared/errors.js';
import { GENERATED, markdownTable, page } from './markdown.js';

const PACKAGES = ['shared', 'export', 'train', 'serve', 'audit', 'cli'];

/** `root` is the folder of the repository, with a slash at its end. */
export function errorsPage(root: string): string {
  const users = foldersByCode(root);
  return page(
    '# Errors',
    GENERATED,
    'Every error says what is wrong, where, with which value, and what to do. Programs branch on its code: `{"error": {"code", "message", "field"}}`, where `field` names the flag, field or file at fault, ' +
      'is what commands print with `--json`. The server has codes of its own for HTTP: [http-api.md](http-api.md).',
    '## Exit codes',
    markdownTable(
      ['exit code', 'meaning'],
      (Object.keys(EXIT) as (keyof typeof EXIT)[]).map((name) => [String(EXIT[name]), EXIT_MEANINGS[name]]),
    ),
    '## Error codes',
    markdownTable(
      ['code', 'meaning', 'exit code', 'given by'],
      Object.entries(ERROR_CODES).map(([code, meaning]) => [
        `\`${code}\``,
        meaning,
        String(code === 'usage' ? EXIT.usage : EXIT.couldNotRun),
        [...(users.get(code) ?? [])]
          .sort()
          .map((folder) => `\`${folder}\``)
          .join(', '),
      ]),
    ),
    'A fault in robenc itself has the code `internal` and exit code 3.',
  );
}

/** The folders with a source file that throws each code. */
function foldersByCode(root: string): Map<string, Set<string>> {
  const folders = new Map<string, Set<string>>();
  for (const file of PACKAGES.flatMap((name) => sources(root, name))) {
    for (const [, code] of readFileSync(root + file, 'utf8').matchAll(/\bnew RobencError\(\s*'([a-z-]+)'/g)) {
      folders.set(code!, (folders.get(code!) ?? new Set()).add(dirname(file)));
    }
  }
  return folders;
}

function sources(root: string, folder: string): string[] {
  return readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.includes('node_modules'))
    .map((file) => join(folder, file));
}
