/** @file The compiled engine: what its graph takes and gives back, and what is left of one that could not be opened. */
import assert from 'node:assert/strict';
import { InferenceSession } from 'onnxruntime-node';
import { compileStep } from '@robenc/train/engines/compiled-step.js';
import { shapesOf } from '@robenc/train/engines/contract.js';
import { openOnnxEngine } from '@robenc/train/engines/onnx.js';
import { toy } from './toy.js';

describe('the compiled engine', () => {
  it('its graph gives back all that a step changes: everything but views, labels and learning rates', () => {
    const { spec, initial } = toy({ loss: 'sup-con', adversary: 'free' });
    const { inputs, outputs } = compileStep(spec, shapesOf(initial), 1);
    const given = inputs.map(({ name }) => name);
    const kept = ['views', 'labels', 'learningRates'];
    assert.deepEqual(
      kept.filter((name) => !given.includes(name)),
      [],
    );
    assert.deepEqual(
      outputs.map(({ name }) => name).sort(),
      [
        ...given.filter((name) => !kept.includes(name)).map((name) => `next/${name}`),
        'loss',
        'gradientNorm',
        ...spec.loss.use.parts.map((part) => `part/${part}`),
      ].sort(),
    );
  });

  it('closes the session of the step when that of the attack cannot be opened', async () => {
    const { spec, initial } = toy({ adversary: 'pgd' });
    const { create } = InferenceSession;
    const counts = { opened: 0, released: 0 };
    InferenceSession.create = async (...input: unknown[]) => {
      if (counts.opened === 1) throw new Error('no memory left');
      const session = await (create as (...input: unknown[]) => Promise<InferenceSession>)(...input);
      counts.opened++;
      const release = session.release.bind(session);
      session.release = async () => {
        counts.released++;
        await release();
      };
      return session;
    };
    try {
      await assert.rejects(openOnnxEngine(spec, initial, { device: 'cpu', threads: 1, convolutions: 'plain' }), /no memory left/);
    } finally {
      InferenceSession.create = create;
    }
    assert.deepEqual(counts, { opened: 1, released: 1 });
  });
});
