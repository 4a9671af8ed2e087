/** @file Convolutions in blocks of channels: only where they fit, and with the numbers of plain ones, forward and back. */
import assert from 'node:assert/strict';
import { blockConvolutions } from '@robenc/shared/graph/passes/blocked-convolutions.js';
import { newBuilder, operators } from '@robenc/shared/ops/index.js';
import { convolutionBlock } from '@robenc/shared/runtime/convolution-block.js';
import { skip } from '../../../skip.js';
import { blocked, difference, network, run, weightGradient } from './convolutions.js';

const STRIDES = [1, 2] as const;

/** Blocks of channels, and the filters whose gradient is asked for. */
const GRADIENTS = [
  [2, 1, 3, [1, 1, 1, 1]],
  [6, 2, 3, [1, 1, 1, 1]],
  [3, 2, 3, [0, 1, 1, 2]],
  [2, 3, 2, [0, 0, 0, 0]],
] as const;

describe('which convolutions are put in blocks of channels', () => {
  // Nothing is run here, so any size of block will do.
  const BLOCK = 16;

  for (const stride of STRIDES)
    it(`both of a network, their gradients by the image and those by the filters, with strides of ${stride}`, () => {
      const graph = blockConvolutions(network(2 * BLOCK, stride, BLOCK), operators, BLOCK);
      assert.ok(blocked(graph) >= 5, `${blocked(graph)} convolutions in blocks`);
    });

  for (const [channels, stride, kernel, pads] of GRADIENTS)
    it(`the gradient of filters: ${channels} blocks of channels, ${kernel}×${kernel} filters, strides of ${stride}, pads of ${pads.join()}`, () =>
      assert.equal(blocked(blockConvolutions(weightGradient(channels * BLOCK, BLOCK, { stride, kernel, pads }), operators, BLOCK)), 1));

  it('no gradient of filters where images do not divide into blocks, a single block of channels is all there is, or filters have one tap', () => {
    const usual = { stride: 1, kernel: 3, pads: [1, 1, 1, 1] };
    for (const [channels, images, filters] of [
      [2 * BLOCK, BLOCK + 1, usual],
      [BLOCK, BLOCK, usual],
      [2 * BLOCK, BLOCK, { stride: 1, kernel: 1, pads: [0, 0, 0, 0] }],
    ] as const)
      assert.equal(blocked(blockConvolutions(weightGradient(channels, images, filters), operators, BLOCK)), 0);
  });

  it('none where channels do not divide into blocks, or filters are constant', () => {
    assert.equal(blocked(blockConvolutions(network(BLOCK + 1, 1), operators, BLOCK)), 0);
    const g = newBuilder();
    const filters = g.constant({ dtype: 'float32', shape: [BLOCK, BLOCK, 1, 1], data: new Float32Array(BLOCK * BLOCK) });
    g.output('y', g.node('Conv', [g.input('x', 'float32', [1, BLOCK, 4, 4]), filters], {}));
    assert.equal(blocked(blockConvolutions(g.build('constant'), operators, BLOCK)), 0);
  });
});

describe('convolutions in blocks of channels', () => {
  let block: number;
  before(async function () {
    const found = await convolutionBlock();
    if (found === null) skip(this, 'ONNX Runtime has no blocked convolutions for this processor');
    block = found;
  });

  for (const stride of STRIDES)
    it(`give values and gradients of plain ones to rounding, with strides of ${stride}`, async () => {
      const plain = network(2 * block, stride, block);
      const error = difference(await run(plain), await run(blockConvolutions(plain, operators, block)));
      assert.ok(error < 1e-5, String(error));
    });

  for (const [channels, stride, kernel, pads] of GRADIENTS)
    it(`give filters their gradient: ${channels} blocks of channels, ${kernel}×${kernel} filters, strides of ${stride}, pads of ${pads.join()}`, async () => {
      const plain = weightGradient(channels * block, block, { stride, kernel, pads });
      const graph = blockConvolutions(plain, operators, block);
      assert.equal(blocked(graph), 1);
      const error = difference(await run(plain), await run(graph));
      assert.ok(error < 1e-5, String(error));
    });

  it('are the same twice, to the bit', async () => {
    const graph = blockConvolutions(network(block, 1), operators, block);
    assert.deepEqual(await run(graph), await run(graph));
  });
});
