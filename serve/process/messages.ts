/** @file What the supervisor and an engine process say to each other. */
import type { ErrorCode } from '@robenc/shared/errors.js';
import type { Settings } from '../settings/settings.js';

/** What an engine process is told. */
export type ToEngine =
  | { readonly kind: 'start'; readonly settings: Settings; readonly starts: number; readonly socketPath: string }
  /** With the socket of a client; `took` confirms it. */
  | { readonly kind: 'connection'; readonly id: number }
  | { readonly kind: 'ping'; readonly number: number }
  /** Go on for `delayMs`, not ready; then answer what is in work, at most for `drainMs`, and end. */
  | { readonly kind: 'stop'; readonly delayMs: number; readonly drainMs: number };

/** What it says. */
export type FromEngine =
  | {
      readonly kind: 'ready';
      readonly models: readonly string[];
      readonly devices: readonly string[];
      readonly notices: readonly string[];
      readonly workers: number;
    }
  | { readonly kind: 'failed'; readonly code: ErrorCode | null; readonly message: string; readonly field: string | null }
  | { readonly kind: 'pong'; readonly number: number }
  /** A connection is its own now. */
  | { readonly kind: 'took'; readonly id: number }
  /** A batch takes much longer than any before. */
  | { readonly kind: 'stuck'; readonly runner: string; readonly ms: number }
  | { readonly kind: 'stopped'; readonly clean: boolean };

/** What is told of a server that can answer. */
export type Ready = Extract<FromEngine, { kind: 'ready' }>;
