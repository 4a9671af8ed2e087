/** @file Bodies as they arrive: whole, in order, and with their numbers where they can be read as such. */
import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { readPlain } from '@robenc/serve/input/read-plain.js';

/** As sent with its length or without; `memory` is what it may lie in. */
function bodyOf(bytes: Buffer, cuts: readonly number[], { numbersAt = 0, known = true, limit = bytes.length, announced = bytes.length } = {}): Promise<Buffer> {
  const stream = Object.assign(new PassThrough(), { headers: known ? { 'content-length': String(announced) } : {} });
  const take = (size: number) => new ArrayBuffer(size + 100);
  const read = readPlain(stream as unknown as IncomingMessage, { limit, numbersAt, take });
  let from = 0;
  for (const to of [...cuts, bytes.length]) stream.write(bytes.subarray(from, (from = to)));
  stream.end();
  return read;
}

describe('the body of a request', () => {
  it('is whole, and its numbers begin at a multiple of four in memory, however it was cut, wherever they begin, and whether its length was told', async () => {
    const bytes = Buffer.from(Array.from({ length: 40 }, (_, i) => i));
    for (const cuts of [[], [1], [7, 8], [39]])
      for (let numbersAt = 0; numbersAt < 8; numbersAt++)
        for (const known of [true, false]) {
          const body = await bodyOf(bytes, cuts, { numbersAt, known });
          assert.deepEqual(body, bytes);
          assert.equal((body.byteOffset + numbersAt) % 4, 0);
        }
  });

  it('is empty where nothing came, and refused as soon as it is longer than allowed or announced', async () => {
    const bytes = Buffer.alloc(40, 7);
    for (const known of [true, false]) assert.equal((await bodyOf(Buffer.alloc(0), [], { known })).length, 0);
    for (const known of [true, false]) await assert.rejects(bodyOf(bytes, [30], { known, limit: 35 }), { code: 'too_large' });
    await assert.rejects(bodyOf(bytes, [30], { announced: 35, limit: 100 }), { code: 'too_large' });
  });
});
