/** @file Images that take too long to decode are given up, and the next ones are not held up for ever. */
import assert from 'node:assert/strict';
import { encodePng } from '@robenc/shared/images/decode.js';
import { Preparer } from '@robenc/serve/images/preparer.js';
import type { Recipe } from '@robenc/serve/images/recipe.js';
import { refusal } from '../refusal.js';
import { png } from './server-fixture.js';

const RECIPE: Recipe = { policy: { height: 16, width: 16, fit: 'cover' }, maxPixels: 100_000_000, crops: null };

describe('the decoding of images', () => {
  it('is given up after its time with a clear error; images whose turn comes later have their own time', async () => {
    const side = 3000;
    const large = await encodePng({ width: side, height: side, data: new Uint8Array(side * side * 3).fill(77) });
    const small = await png(1);
    const hasty = new Preparer({ threads: 1, limitMs: 2 });
    const results = await Promise.allSettled([hasty.prepare(large, RECIPE), hasty.prepare(large, RECIPE)]);
    for (const { status, ...rest } of results) {
      assert.equal(status, 'rejected');
      refusal('bad-input', /not decoded and resized within 2 ms/)((rest as { reason: unknown }).reason);
    }
    await hasty.close();
    const patient = new Preparer({ threads: 1, limitMs: 60_000 });
    const [first, second] = await Promise.all([patient.prepare(large, RECIPE), patient.prepare(small, RECIPE)]);
    assert.deepEqual([first.width, second.width, second.rows], [side, 16, 1]);
    await patient.close();
  });
});
