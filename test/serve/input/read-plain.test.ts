/** @file Bodies as they arrive: whole, in order, and with their numbers where they can be read as such. */
import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { readPlain } from '@robenc/serve/input/read-plain.js';

function bodyOf(bytes: Buffer, cuts: readonly number[], numbersAt: number): Promise<Buffer> {
  const stream = new PassThrough();
  const read = readPlain(stream as unknown as IncomingMessage, bytes.length, numbersAt);
  let from = 0;
  for (const to of [...cuts, bytes.length]) stream.write(bytes.subarray(from, (from = to)));
  stream.end();
  return read;
}

describe('the body of a request', () => {
  it('is whole, and its numbers begin at a multiple of four in memory, however it was cut and wherever they begin', async () => {
    const bytes = Buffer.from(Array.from({ length: 40 }, (_, i) => i));
    for (const cuts of [[], [1], [7, 8], [39]])
      for (let numbersAt = 0; numbersAt < 8; numbersAt++) {
        const body = await bodyOf(bytes, cuts, numbersAt);
        assert.deepEqual(body, bytes);
        assert.equal((body.byteOffset + numbersAt) % 4, 0);
      }
  });
});
