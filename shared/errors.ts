/** @file The one error type that robenc throws on purpose, and what each kind means for exit codes and HTTP answers. */

/**
 * What went wrong, in words that a program can branch on.
 * `usage`: the caller's flags or options; `bad-input`: a value in a request or file; `not-found`: a file, model or name;
 * `bad-file`: a file that is there but broken; `unsupported`: something robenc does not do; `mismatch`: two things that should agree do not;
 * `io`: the disk or network refused; `busy`: try again later; `unavailable`: a device or optional package is missing; `cancelled`: stopped on request.
 */
export type ErrorCode =
  | 'usage'
  | 'bad-input'
  | 'not-found'
  | 'bad-file'
  | 'unsupported'
  | 'mismatch'
  | 'io'
  | 'busy'
  | 'unavailable'
  | 'cancelled';

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

/** Exit codes of every command: 0 done or passed, 1 below a threshold, 2 usage, 3 could not run, 4 ran but not reliable. */
export const EXIT = { done: 0, belowThreshold: 1, usage: 2, couldNotRun: 3, notReliable: 4 } as const;

/** The exit code that belongs to an error. */
export function exitCodeOf(error: unknown): number {
  return error instanceof RobencError && error.code === 'usage' ? EXIT.usage : EXIT.couldNotRun;
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
