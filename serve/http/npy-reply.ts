/** @file Numbers as a NumPy file, for clients that ask for it. */
import type { IncomingMessage } from 'node:http';
import { writeNpy } from '@robenc/shared/images/npy.js';
import { Reply } from './reply.js';

/** By the Accept header. */
export function wantsNpy({ headers }: IncomingMessage): boolean {
  return headers.accept?.split(',').some((type) => type.split(';')[0]!.trim() === 'application/x-npy') ?? false;
}

/** float32 [rows, width]. */
export function npyReply(rows: readonly Float32Array[]): Reply {
  const width = rows[0]!.length;
  const data = new Float32Array(rows.length * width);
  rows.forEach((row, i) => data.set(row, i * width));
  return new Reply(writeNpy([rows.length, width], data), { type: 'application/x-npy' });
}
