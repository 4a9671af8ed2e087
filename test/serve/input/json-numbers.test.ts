/** @file The long list of numbers of a JSON body, read without JSON.parse, is what JSON.parse would give, to the last bit. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { cutNumbers } from '@robenc/serve/input/json-numbers.js';

const LONG = 64;

/** A list of at least so many numbers that begins with these. */
function listOf(texts: readonly string[]): string {
  return `[${[...texts, ...Array.from({ length: Math.max(0, LONG - texts.length) }, () => '0.5')].join(',')}]`;
}

function bodyOf(data: string): Buffer {
  return Buffer.from(`{"data":${data}}`);
}

function parsed(list: string): Float32Array {
  return Float32Array.from(JSON.parse(list) as number[]);
}

/** Numbers as programs write them: few decimals, all digits of a double or of a float32, exponents. */
const text = fc.oneof(
  fc.integer({ min: 0, max: 300 }).map(String),
  fc.integer().map(String),
  fc.tuple(fc.double({ min: -2, max: 2, noNaN: true }), fc.integer({ min: 0, max: 20 })).map(([value, decimals]) => value.toFixed(decimals)),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 30n }), fc.integer({ min: 1, max: 30 })).map(([digits, decimals]) => `0.${String(digits).padStart(decimals, '0')}`),
);

describe('the numbers of a JSON body', () => {
  it('are those of JSON.parse rounded to float32, bit by bit, wherever they are taken at all', () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 80 }), (texts) => {
        const list = listOf(texts);
        const cut = cutNumbers(Buffer.from(`{"shape":[1,2],"data":${list}}`));
        if (cut === null) return;
        taken++;
        assert.deepEqual(new Uint32Array(cut.numbers.buffer), new Uint32Array(parsed(list).buffer));
        assert.equal(cut.rest.toString(), '{"shape":[1,2],"data":[]}');
        assert.equal(
          cut.levels,
          (JSON.parse(list) as number[]).every((value) => Number.isInteger(value) && value >= 0 && value <= 255) && /^[\d,[\]]*$/.test(list),
        );
      }),
      { numRuns: 500, seed: 7 },
    );
    assert.ok(taken > 100, `Only ${taken} of 500 lists were taken.`);
  });

  it('with all digits of a float32 are taken, as other programs write them', () => {
    const values = Array.from({ length: 1000 }, (_, i) => Math.fround(i / 999));
    const cut = cutNumbers(Buffer.from(JSON.stringify({ data: values })));
    assert.deepEqual(cut?.numbers, Float32Array.from(values));
  });

  it('are taken with white space between them', () => {
    const list = ` [ 1 ,\n\t2.5,\r\n${Array.from({ length: LONG }, (_, i) => i).join(' , ')} ] `;
    assert.deepEqual(cutNumbers(Buffer.from(`{"data":${list}}`))?.numbers, parsed(list));
  });

  it('do not change when the next body is read', () => {
    const first = cutNumbers(bodyOf(listOf(['1'])))!;
    cutNumbers(bodyOf(listOf(['2'])));
    assert.equal(first.numbers[0], 1);
  });

  const strange: Readonly<Record<string, string>> = {
    'a short list': '[1,2,3]',
    'a leading zero': listOf(['01']),
    'a plus': listOf(['+1']),
    'a bare point': listOf(['1.']),
    'a point without a digit before it': listOf(['.5']),
    'a bare minus': listOf(['-']),
    'a bare exponent': listOf(['1e']),
    'no number': listOf(['NaN']),
    null: listOf(['null']),
    text: listOf(['"1"']),
    'two commas': listOf(['1,']),
    'more than a double holds': listOf(['1e999']),
    'a whole number of twenty digits': listOf(['12345678901234567890']),
    'a list within': listOf(['[1]']),
    'no end': listOf([]).slice(0, -1),
    'two long lists': `[${listOf([])},${listOf([])}]`,
    'an empty list beside it': `[${listOf([])},[]]`,
    'an escape in text beside it': `["a\\"b",${listOf([])}]`,
    'text without an end': `["a,${listOf([])}]`,
  };
  it('are left to JSON.parse in a body that is no object, or is cut off', () => {
    const whole = JSON.stringify({ data: Array.from({ length: LONG }, (_, i) => i) });
    for (let length = 0; length < whole.length; length++) assert.equal(cutNumbers(Buffer.from(whole.slice(0, length))), null);
    assert.notEqual(cutNumbers(Buffer.from(`${whole} \n`)), null);
    assert.equal(cutNumbers(Buffer.from(listOf([]))), null);
  });

  for (const [title, body] of Object.entries(strange))
    it(`are left to JSON.parse with ${title}`, () => {
      assert.equal(cutNumbers(bodyOf(body)), null);
    });
});
