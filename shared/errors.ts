/** @file The one error type that robenc throws on purpose, and what each kind means for exit codes and HTTP answers. */

/** What went wrong, in words that a program can branch on, and what each means. */
export const ERROR_CODES = {
  usage: "the caller's flags or options are wrong",
  'bad-input': 'a value in a request or file is wrong',
  'not-found': 'there is no such file, model or name',
  'bad-file': 'a file is there but broken',
  unsupported: 'something that robenc does not do',
  mismatch: 'two things that should agree do not',
  io: 'the disk or the network refused',
  busy: 'too much to do at present; try again later',
  unavailable: 'a device or an optional package is missing',
  cancelled: 'stopped on request',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** An error whose message says what, where, with which values, and what to do. Never shown with a stack to users. */
export class RobencError extends Error {
  override readonly name = 'RobencError';
  readonly code: ErrorCode;
  /** The field, flag or file that is at fault, where there is one. */
  readonly field: string | undefined;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; field?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.field = options.field;
  }
}

/** Exit codes of every command. */
export const EXIT = { done: 0, belowThreshold: 1, usage: 2, couldNotRun: 3, notReliable: 4 } as const;

/** What each exit code means. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  done: 'done, or passed',
  belowThreshold: 'done, and a result is below a threshold',
  usage: 'the command line is wrong',
  couldNotRun: 'it could not run, or was stopped',
  notReliable: 'it ran, but the result is not reliable',
};

/** The exit code that belongs to an error. */
export function exitCodeOf(error: unknown): number {
  return error instanceof RobencError && error.code === 'usage' ? EXIT.usage : EXIT.couldNotRun;
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
