/** @file Half-precision numbers from and to bits, against the definition of binary16. */
import assert from 'node:assert/strict';
import { halfToNumber, numberToHalf } from '@robenc/shared/math/float16.js';

describe('half precision', () => {
  it('has the values of IEEE 754 at its corners', () => {
    const corners: [number, number][] = [
      [0x0000, 0],
      [0x0001, 2 ** -24],
      [0x03ff, 2 ** -14 - 2 ** -24],
      [0x0400, 2 ** -14],
      [0x3c00, 1],
      [0x3555, 0.333251953125],
      [0x7bff, 65504],
      [0x7c00, Infinity],
      [0xc000, -2],
    ];
    for (const [bits, value] of corners) assert.equal(halfToNumber(bits), value);
    assert.ok(Object.is(halfToNumber(0x8000), -0));
  });

  it('every pattern comes back, and NaN stays NaN', () => {
    for (let bits = 0; bits < 65536; bits++) {
      const value = halfToNumber(bits);
      if (Number.isNaN(value)) assert.ok(Number.isNaN(halfToNumber(numberToHalf(value))));
      else assert.equal(numberToHalf(value), bits);
    }
  });

  it('numbers between two halves go to the nearer one, from the middle to the even one, and beyond the largest to infinity', () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const [below, above] = [halfToNumber(bits), halfToNumber(bits + 1)];
      const middle = (below + above) / 2;
      assert.equal(numberToHalf(middle), bits % 2 === 0 ? bits : bits + 1);
      assert.equal(numberToHalf(middle + (above - below) / 4), bits + 1);
      assert.equal(numberToHalf(middle - (above - below) / 4), bits);
    }
    assert.equal(numberToHalf(65520), 0x7c00);
    assert.equal(numberToHalf(65519), 0x7bff);
  });
});
