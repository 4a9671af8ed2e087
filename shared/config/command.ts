/** @file What a command of the `robenc` program is: a description as data, from which flags, help, docs and checks all follow, and one function. */
import type { Progress } from './progress.js';

export type { Progress } from './progress.js';

/** One flag. Its name is its key in `options`: `batchSize` is given as `--batch-size`. */
export interface OptionSpec {
  /** `list` is given several times or with commas: `--epsilon 2/255,4/255`; its values are strings. `boolean` with default true is given as `--no-…`. */
  readonly type: 'string' | 'number' | 'boolean' | 'list';
  readonly description: string;
  readonly default?: string | number | boolean | readonly string[];
  /** The command does not run without it. Flags with a default, booleans and lists always have a value. */
  readonly required?: boolean;
  /** One-letter form, without the dash. */
  readonly short?: string;
  /** The placeholder in help: `dir` shows `--out <dir>`. Else the type is shown. */
  readonly value?: string;
  /** The only values (of each element, in a list). */
  readonly choices?: readonly string[];
  /** Numbers only: least and greatest value, and whether it must be whole. */
  readonly minimum?: number;
  readonly maximum?: number;
  readonly integer?: boolean;
  /** Lists only: `false` keeps commas inside a value, so that several are given only by repeating the flag. */
  readonly commas?: false;
}

/** One positional argument, in the order of the keys of `arguments`. Its value is in `options` under its name. */
export interface ArgumentSpec {
  readonly description: string;
  /** Default: true. */
  readonly required?: boolean;
  /** The last argument may take all that is left; its value is then a list of strings. */
  readonly variadic?: boolean;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;
export type ArgumentSpecs = Readonly<Record<string, ArgumentSpec>>;

type Value<S extends OptionSpec> = S['type'] extends 'number'
  ? number
  : S['type'] extends 'boolean'
    ? boolean
    : S['type'] extends 'list'
      ? readonly string[]
      : S extends { choices: readonly (infer C extends string)[] }
        ? C
        : string;
type AlwaysThere<S extends OptionSpec> = S extends { required: true } | { type: 'boolean' | 'list' } | { default: string | number | boolean } ? true : false;
type ArgumentValue<S extends ArgumentSpec> = S extends { variadic: true } ? readonly string[] : S extends { required: false } ? string | undefined : string;

/** The type of the first argument of `run`: every argument and option under its name. */
export type OptionValues<A extends ArgumentSpecs, O extends OptionSpecs> = { readonly [K in keyof A]: ArgumentValue<A[K]> } & {
  readonly [K in keyof O]: AlwaysThere<O[K]> extends true ? Value<O[K]> : Value<O[K]> | undefined;
};

/** What a command may touch of the outside. Tests give their own. */
export interface CommandContext {
  /** A line for people or pipes. With `--json` it goes to stderr, since stdout then holds exactly one JSON object. */
  stdout(line: string): void;
  /** A warning or note. */
  stderr(line: string): void;
  /** The answer of the command as one object: printed to stdout with `--json`, dropped without. Call it once. */
  result(value: object): void;
  /** How far a long work is: a bar on a terminal, a line every few seconds elsewhere. Always on stderr. */
  progress(report: Progress): void;
  readonly json: boolean;
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP, and when nobody reads the output any more: finish or save, then return. */
  readonly signal: AbortSignal;
  /** The folder that relative paths of the user start from. */
  readonly cwd: string;
}

interface Described {
  readonly name: string;
  /** One line without a full stop. */
  readonly summary: string;
  /** More for `--help` and the docs. */
  readonly details?: string;
  /** Whole command lines, shown in help and docs. */
  readonly examples?: readonly string[];
}

/** A command as the program sees it, its types erased. */
export interface Command extends Described {
  readonly arguments: ArgumentSpecs;
  readonly options: OptionSpecs;
  /** Resolves to the exit code (`EXIT` of errors.ts). Throws `RobencError` for what went wrong. */
  run(options: Readonly<Record<string, unknown>>, context: CommandContext): Promise<number>;
}

/** Gives `run` the types that follow from the description. */
export function defineCommand<const A extends ArgumentSpecs, const O extends OptionSpecs>(
  command: Described & { readonly arguments?: A; readonly options: O; run(options: OptionValues<A, O>, context: CommandContext): Promise<number> },
): Command {
  // The program checks values against the same description before it calls run, so the erased type is safe.
  return { arguments: {}, ...command };
}

/** `batchSize` → `batch-size`. */
export function flagName(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The flag as help shows it: `-o, --output <file>`. */
export function flagText(name: string, option: OptionSpec): string {
  const long = `--${option.type === 'boolean' && option.default === true ? 'no-' : ''}${flagName(name)}`;
  const placeholder = option.type === 'boolean' ? '' : ` <${option.value ?? option.type}>`;
  return `${option.short === undefined ? '' : `-${option.short}, `}${long}${placeholder}`;
}
