/** @file Text to bytes, options and sizes: the small readers of requests. */
import assert from 'node:assert/strict';
import { Type } from '@sinclair/typebox';
import fc from 'fast-check';
import { ApiError } from '@robenc/serve/errors.js';
import { imageBytes } from '@robenc/serve/input/base64.js';
import { coerceText } from '@robenc/serve/input/coerce.js';
import { parseEnvelope } from '@robenc/serve/input/envelope.js';
import { parseBytes } from '@robenc/serve/limits.js';

describe('imageBytes', () => {
  it('gives back any bytes from base64, base64url, with or without padding, wrapped, or in a data URI', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64');
        const forms = [
          text,
          text.replaceAll('=', ''),
          Buffer.from(bytes).toString('base64url'),
          text.replaceAll(/.{8}/g, '$&\r\n'),
          `data:image/png;base64,${text}`,
          `data:;base64,${text}`,
        ];
        for (const form of forms) assert.deepEqual(new Uint8Array(imageBytes(form, 'image')), bytes);
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  it('refuses any character that base64 does not have, wherever it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 3, maxLength: 60 }), fc.nat(), fc.constantFrom('!', '%', '.', '\u00e9', '{'), (bytes, at, wrong) => {
        const text = Buffer.from(bytes).toString('base64');
        const place = at % text.length;
        assert.throws(
          () => imageBytes(text.slice(0, place) + wrong + text.slice(place), 'images[2]'),
          (error: unknown) => error instanceof ApiError && error.field === 'images[2]',
        );
      }),
      { seed: 3, numRuns: 200 },
    );
  });
});

describe('coerceText', () => {
  const schema = {
    count: Type.Integer(),
    size: Type.Number(),
    on: Type.Boolean(),
    either: Type.Union([Type.Number(), Type.String()]),
    list: Type.Array(Type.Integer()),
  };

  it('gives numbers, booleans and lists where the schema has them, and leaves text elsewhere', () => {
    const values = { count: '3', size: '-1.5e2', on: 'true', either: '8/255', list: '1,2,3', unknown: '4' };
    assert.deepEqual(coerceText(schema, values), { count: 3, size: -150, on: true, either: '8/255', list: [1, 2, 3], unknown: '4' });
    assert.deepEqual(coerceText(schema, { list: ['1', '2'] }), { list: [1, 2] });
  });

  it('leaves what does not fit for the schema check to name', () => {
    const values = { count: 'three', size: '', on: 'yes', constructor: '1' };
    assert.deepEqual(coerceText(schema, values), values);
  });
});

describe('parseBytes', () => {
  it('reads sizes with and without units', () => {
    assert.deepEqual(['100', '1kb', '1.5 MB', '2m', '1GiB', '0'].map(parseBytes), [100, 1024, 1.5 * 1024 ** 2, 2 * 1024 ** 2, 1024 ** 3, 0]);
  });
  it('gives null for anything else', () => assert.deepEqual(['', 'big', '1tb', '-1', '1e3', '1 2'].map(parseBytes), Array(6).fill(null)));
});

describe('parseEnvelope', () => {
  it('reads what a strict TextDecoder reads, byte order marks and all, and refuses other bytes as it does', () => {
    fc.assert(
      fc.property(fc.record({ text: fc.string({ unit: 'binary' }), marked: fc.boolean() }), ({ text, marked }) => {
        const body = Buffer.from(`${marked ? '\uFEFF' : ''}${JSON.stringify({ text })}`);
        assert.deepEqual(parseEnvelope(body, 10), JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)));
      }),
      { seed: 4, numRuns: 200 },
    );
    assert.throws(() => parseEnvelope(Buffer.from('{"text":"\xff"}', 'latin1'), 10), {
      code: 'bad_input',
      message: /The body is not JSON: The encoded data was not valid/,
    });
  });
});
