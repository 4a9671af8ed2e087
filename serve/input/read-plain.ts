/** @file Reading a body that is not compressed: its chunks and nothing else, since every request pays for it. */
import type { IncomingMessage } from 'node:http';
import { ApiError } from '../errors.js';

/**
 * All bytes, the one at `numbersAt` at a multiple of four in memory, so that numbers from there on can be read where they lie. Rejects with `too_large` as soon as there are more than `limit` (the rest is not read), with `client_closed_request` when the client leaves before the end.
 */
export function readPlain(request: IncomingMessage, limit: number, numbersAt = 0): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let over = false;
    request
      .on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (over) return;
        if (bytes <= limit) return void chunks.push(chunk);
        over = true;
        request.pause();
        reject(bodyTooLarge(limit));
      })
      .on('end', () => {
        if (!over) resolve(joined(chunks, bytes, numbersAt));
        over = true;
      })
      .on('error', (error: Error) => {
        if (!over) reject(gone(error));
        over = true;
      })
      .on('close', () => {
        if (!over) reject(gone());
        over = true;
      });
  });
}

function gone(cause?: unknown): ApiError {
  return new ApiError('client_closed_request', 'The body could not be read: the client went away.', { field: 'body', cause });
}

function joined(chunks: readonly Buffer[], bytes: number, numbersAt: number): Buffer {
  if (chunks.length === 1 && (chunks[0]!.byteOffset + numbersAt) % 4 === 0) return chunks[0]!;
  let at = (4 - (numbersAt % 4)) % 4;
  const whole = Buffer.allocUnsafeSlow(at + bytes);
  const body = whole.subarray(at);
  for (const chunk of chunks) at += chunk.copy(whole, at);
  return body;
}

export function bodyTooLarge(limit: number, cause?: unknown): ApiError {
  return new ApiError('too_large', `The body is larger than ${limit} bytes.`, {
    field: 'body',
    remedy: 'Send fewer or smaller images, or start the server with a larger --max-body.',
    cause,
  });
}
