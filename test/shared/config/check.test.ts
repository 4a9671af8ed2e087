/** @file Messages of schema checks, epsilons and near words. */
import assert from 'node:assert/strict';
import { Type } from '@sinclair/typebox';
import { check } from '@robenc/shared/config/check.js';
import { parseEpsilon } from '@robenc/shared/config/epsilon.js';
import { choose } from '@robenc/shared/config/named.js';
import { nearest, suggestion } from '@robenc/shared/nearest.js';
import { RobencError } from '@robenc/shared/errors.js';
import { table } from '@robenc/shared/table.js';

const Request = Type.Object(
  {
    image: Type.String(),
    crops: Type.Integer({ minimum: 1, maximum: 64, default: 8 }),
    boxes: Type.Optional(Type.Array(Type.Object({ top: Type.Number() }, { additionalProperties: false }))),
    fit: Type.Union([Type.Literal('cover'), Type.Literal('contain')], { default: 'cover' }),
    data: Type.Optional(Type.Unknown()),
  },
  { additionalProperties: false },
);

function message(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof RobencError, String(error));
    return error.message;
  }
  return assert.fail('nothing was thrown');
}

describe('check', () => {
  it('fills defaults in a copy', () => {
    const given = { image: 'x' };
    assert.deepEqual(check(Request, given, 'request'), { image: 'x', crops: 8, fit: 'cover' });
    assert.deepEqual(given, { image: 'x' });
  });

  it('does not copy buffers', () => {
    const data = new Uint8Array(4);
    assert.equal(check(Request, { image: 'x', data }, 'request').data, data);
  });

  it('names every fault with its path and value, one to a line', () => {
    const text = message(() => check(Request, { crops: 99, boxes: [{ top: 1 }, { left: 2 }], fit: 'covr' }, 'request'));
    assert.deepEqual(text.split('\n').sort(), [
      'request: boxes[1].left is not known here. There are: top.',
      'request: boxes[1].top is missing.',
      'request: crops is 99; it must be <= 64.',
      'request: fit is "covr". Did you mean "cover"? There are: contain, cover.',
      'request: image is missing.',
    ]);
  });

  it('shortens long values in messages', () => assert.ok(message(() => check(Request, { image: 'x', crops: 'y'.repeat(5000) }, 'request')).length < 200));

  it('a value that is no object at all is said to be so', () =>
    assert.match(
      message(() => check(Request, null, 'request')),
      /request: it is null; it must be an object/,
    ));
});

describe('choose', () => {
  const tools = table('tool', [{ name: 'saw', config: Type.Object({ teeth: Type.Integer({ default: 12 }) }, { additionalProperties: false }) }]);

  it('gives the entry and its options with defaults, leaving the keys of others', () =>
    assert.deepEqual(choose(tools, { name: 'saw', price: 3 }, 'tool', ['price']), { use: tools.get('saw'), config: { teeth: 12 } }));

  it('refuses unknown names and options', () => {
    assert.match(
      message(() => choose(tools, { name: 'swa' }, 'tool')),
      /No tool "swa"/,
    );
    assert.match(
      message(() => choose(tools, { name: 'saw', tooth: 3 }, 'tool')),
      /tool "saw": tooth is not known here\. .*teeth/,
    );
  });
});

describe('parseEpsilon', () => {
  it('reads fractions, decimals and numbers', () =>
    assert.deepEqual(
      ['8/255', ' 8 / 255 ', '0.03', '.5', '1e-2', 0.25, 0].map((value) => parseEpsilon(value)),
      [8 / 255, 8 / 255, 0.03, 0.5, 0.01, 0.25, 0],
    ));

  for (const value of ['', '8/', '/255', '-1/255', 'eight', '1/0', '0/0', NaN, -0.1, null, undefined, {}, '8/255/2'])
    it(`refuses ${JSON.stringify(value) ?? 'undefined'} and says what to give`, () =>
      assert.match(
        message(() => parseEpsilon(value)),
        /epsilon: .*(8\/255)/,
      ));

  it('takes 8 for a forgotten "/255" unless the norm allows it', () => {
    assert.match(
      message(() => parseEpsilon(8, { field: 'eps' })),
      /eps: 8 is above 1.*Perhaps 8\/255/,
    );
    assert.equal(parseEpsilon(8, { maximum: Infinity }), 8);
  });
});

describe('nearest', () => {
  it('finds swapped, missing and extra letters, whatever the case and dashes', () =>
    assert.deepEqual(
      ['cuont', 'batchsize', 'batch-sizes', 'pgdd'].map((word) => nearest(word, ['count', 'batchSize', 'pgd'])),
      ['count', 'batchSize', 'batchSize', 'pgd'],
    ));

  it('suggests nothing that is far away, and then lists what there is', () => {
    assert.equal(nearest('elephant', ['count', 'pgd']), undefined);
    assert.equal(suggestion('elephant', ['pgd', 'count']), ' There are: count, pgd.');
    assert.equal(suggestion('elephant', []), '');
  });
});
