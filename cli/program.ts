/** @file The command line as commander understands it, built from the descriptions of the commands. */
import { Command as CommanderCommand, CommanderError, Option } from 'commander';
import { flagText, type Command, type OptionSpec } from '@robenc/shared/config/command.js';
import { RobencError } from '@robenc/shared/errors.js';

/** What a command line asks for. */
export type Request =
  | { readonly kind: 'text'; readonly text: string; readonly exitCode: number }
  | { readonly kind: 'run'; readonly command: Command; readonly raw: Readonly<Record<string, unknown>> };

export interface ProgramParts {
  readonly version: string;
  readonly all: readonly { readonly name: string; readonly summary: string }[];
  /** The one command that the line names, if any; of the others only the summary is known. */
  readonly loaded: Command | undefined;
}

/** Reads a command line. Throws `usage`, with a suggestion, for a command, flag or argument that does not exist. */
export function readCommandLine(argv: readonly string[], { version, all, loaded }: ProgramParts): Request {
  let request: Request | undefined;
  let printed = '';
  const quiet = { writeOut: (text: string) => void (printed += text), writeErr: (text: string) => void (printed += text), outputError: () => undefined };
  const program = new CommanderCommand('robenc')
    .description('Trains adversarially robust image encoders, exports them to ONNX, serves them and audits their robustness.')
    .version(version, '-V, --version', 'print the version')
    .option('--json', 'print exactly one JSON object on stdout; progress and notes go to stderr')
    .exitOverride()
    .configureOutput(quiet);
  for (const { name, summary } of all) {
    // `audit diff` is a command of the command audit, which comes before it.
    const [first, second] = name.split(' ');
    const parent = second === undefined ? program : program.commands.find((one) => one.name() === first)!;
    const sub = parent
      .command(second ?? name)
      .description(summary)
      .exitOverride()
      .configureOutput(quiet);
    if (loaded?.name === name) describe(sub, loaded, (raw) => (request = { kind: 'run', command: loaded, raw }));
  }
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: 'text', text: printed.trimEnd(), exitCode: 0 };
    if (error.code === 'commander.help') return { kind: 'text', text: printed.trimEnd(), exitCode: 2 };
    throw new RobencError('usage', usageMessage(error, loaded), { cause: error });
  }
  return request ?? { kind: 'text', text: program.helpInformation().trimEnd(), exitCode: 2 };
}

function usageMessage(error: CommanderError, loaded: Command | undefined): string {
  const message = error.message.replace(/^error: /, '').replace('\n', ' ');
  return `${message[0]!.toUpperCase()}${message.slice(1)}${/[.)?]$/.test(message) ? '' : '.'} See robenc ${loaded === undefined ? '' : `${loaded.name} `}--help.`;
}

function describe(sub: CommanderCommand, command: Command, onRun: (raw: Record<string, unknown>) => void): void {
  if (command.details !== undefined) sub.description(`${command.summary}\n\n${command.details}`);
  const names = Object.keys(command.arguments);
  for (const name of names) {
    const { description, required = true, variadic = false } = command.arguments[name]!;
    const text = `${name}${variadic ? '...' : ''}`;
    sub.argument(required ? `<${text}>` : `[${text}]`, description);
  }
  for (const [name, option] of Object.entries(command.options)) sub.addOption(commanderOption(name, option));
  sub.option('--json', 'print exactly one JSON object on stdout');
  if (command.examples !== undefined) sub.addHelpText('after', `\nExamples:\n${command.examples.map((example) => `  ${example}`).join('\n')}`);
  sub.action((...values: unknown[]) => {
    const options = values[names.length] as Record<string, unknown>;
    onRun({ ...options, ...Object.fromEntries(names.map((name, index) => [name, values[index]])) });
  });
}

function commanderOption(name: string, option: OptionSpec): Option {
  const made = new Option(flagText(name, option), optionHelp(option));
  if (option.type === 'list') made.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
  return made;
}

/** The description with what the flag takes: `how far (number ≥ 0, default 0.01)`. */
export function optionHelp(option: OptionSpec): string {
  const notes = [
    option.choices === undefined ? '' : `one of ${option.choices.join(', ')}`,
    option.minimum === undefined ? '' : `at least ${option.minimum}`,
    option.maximum === undefined ? '' : `at most ${option.maximum}`,
    option.type === 'list' ? (option.commas === false ? 'may be repeated' : 'repeat it or separate with commas') : '',
    option.required === true ? 'required' : '',
    option.default === undefined || option.type === 'boolean'
      ? ''
      : `default ${Array.isArray(option.default) ? option.default.join(',') : String(option.default)}`,
  ].filter((note) => note !== '');
  return `${option.description}${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`;
}
