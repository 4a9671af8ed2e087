/** @file The trial that finds how many channels convolutions take at a time: it would see a wrong number, and a failure is not its last word. */
import assert from 'node:assert/strict';
import { InferenceSession } from 'onnxruntime-node';
import { blockConvolutions } from '@robenc/shared/graph/passes/blocked-convolutions.js';
import { operators } from '@robenc/shared/ops/index.js';
import { convolutionBlock } from '@robenc/shared/runtime/convolution-block.js';
import { difference, network, run } from '../graph/passes/convolutions.js';
import { skip } from '../../skip.js';

describe('the size of a block of channels', () => {
  it('if it were another, numbers would be others or none, which the trial would see', async function () {
    const block = await convolutionBlock();
    if (block === null) skip(this, 'ONNX Runtime has no blocked convolutions for this processor');
    const plain = network(32, 1);
    const right = await run(plain);
    const wrong = await run(blockConvolutions(plain, operators, block === 16 ? 8 : 16)).then(
      (found) => difference(right, found),
      () => Infinity,
    );
    assert.ok(wrong > 1e-2, String(wrong));
  });

  it('is tried again after a trial that failed, and only then', async () => {
    // A module of its own, in which nothing has been tried yet.
    const { convolutionBlock: find } = (await import(`${import.meta.resolve('@robenc/shared/runtime/convolution-block.js')}?anew`)) as {
      convolutionBlock: typeof convolutionBlock;
    };
    const { create } = InferenceSession;
    InferenceSession.create = () => Promise.reject(new Error('no memory left'));
    try {
      await assert.rejects(find(), /no memory left/);
    } finally {
      InferenceSession.create = create;
    }
    const again = find();
    assert.equal(await again, await convolutionBlock());
    assert.equal(find(), again);
  });
});
