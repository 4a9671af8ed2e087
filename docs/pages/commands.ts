/** @file docs/cli.md: every command with its arguments and flags, from the commands' own descriptions. */
import { flagText, type Command } from '@robenc/shared/config/command.js';
import { commands } from '../../cli/commands.js';
import { optionHelp } from '../../cli/program.js';
import { GENERATED, markdownTable, page } from './markdown.js';

export async function commandsPage(): Promise<string> {
  const loaded = await Promise.all(commands.entries.map(async (entry) => (await entry.load()).default));
  return page(
    '# Commands',
    GENERATED,
    'With `--json` a command prints exactly one JSON object on stdout, also for an error; progress and notes go to stderr. ' +
      'Exit codes are in [errors.md](errors.md). Ctrl-C asks a command to stop, a second one stops it at once. `ROBENC_DEBUG=1` shows stacks of errors.',
    markdownTable(
      ['command', 'what it does'],
      loaded.map(({ name, summary }) => [`[\`robenc ${name}\`](#robenc-${name.replaceAll(' ', '-')})`, summary]),
    ),
    ...loaded.map(commandSection),
  );
}

function commandSection(command: Command): string {
  const positional = Object.entries(command.arguments);
  const options = Object.entries(command.options);
  const words = positional.map(([name, { required = true, variadic }]) => {
    const text = `${name}${variadic === true ? '...' : ''}`;
    return required ? `<${text}>` : `[${text}]`;
  });
  return page(
    `## robenc ${command.name}`,
    `\`robenc ${[command.name, ...words, ...(options.length > 0 ? ['[options]'] : [])].join(' ')}\``,
    `${command.summary[0]!.toUpperCase()}${command.summary.slice(1)}.${command.details === undefined ? '' : ` ${command.details}`}`,
    positional.length === 0
      ? ''
      : markdownTable(
          ['argument', ''],
          positional.map(([name, { description }]) => [`\`${name}\``, description]),
        ),
    options.length === 0
      ? ''
      : markdownTable(
          ['flag', ''],
          options.map(([name, option]) => [`\`${flagText(name, option)}\``, optionHelp(option)]),
        ),
    command.examples === undefined ? '' : `\`\`\`sh\n${command.examples.join('\n')}\n\`\`\``,
  ).trimEnd();
}
