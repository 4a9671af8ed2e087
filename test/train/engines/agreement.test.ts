/** @file Every loss through the compiled engine and through the eager one: the same step from the same numbers. */
import assert from 'node:assert/strict';
import { openEngine } from '@robenc/train/engines/contract.js';
import { engines } from '@robenc/train/engines/index.js';
import type { Engine, StepMetrics, TrainingState } from '@robenc/train/engines/engine.js';
import { losses } from '@robenc/train/losses/index.js';
import type { HostTensor } from '@robenc/train/tensors/parameters.js';
import { relativeDistance } from '../reference.js';
import { toy, type Toy } from './toy.js';

/** Momenta of parameters without influence on the loss are rounding noise, some 1e-6 long. */
const FLOOR = 1e-3;
async function stepOn(name: string, { spec, initial, batch }: Toy): Promise<{ metrics: StepMetrics; state: TrainingState }> {
  const engine: Engine = await openEngine(engines.get(name), spec, initial, { device: 'cpu' });
  try {
    const metrics = await engine.step(batch(0), new Array<number>(spec.adversary.replays).fill(0.3));
    return { metrics, state: await engine.state() };
  } finally {
    await engine.close();
  }
}

function assertClose(what: string, compiled: Readonly<Record<string, HostTensor>>, eager: Readonly<Record<string, HostTensor>>): void {
  assert.deepEqual(Object.keys(compiled), Object.keys(eager));
  for (const [name, { data }] of Object.entries(eager)) {
    const distance = relativeDistance(compiled[name]!.data, data, FLOOR);
    assert.ok(distance < 1e-5, `${what} ${name}: relative distance ${distance}`);
  }
}

describe('the compiled engine and the eager one', () => {
  for (const loss of losses.names)
    it(`${loss}: one whole training step gives the same parameters within 1e-5`, async () => {
      const setup = toy({ loss, adversary: 'free', options: { replays: 1 } });
      const [compiled, eager] = [await stepOn('onnx', setup), await stepOn('tfjs', setup)];
      assert.ok(Math.abs(compiled.metrics.loss / eager.metrics.loss - 1) < 1e-5);
      assert.ok(Math.abs(compiled.metrics.gradientNorm / eager.metrics.gradientNorm - 1) < 1e-4);
      assert.deepEqual(Object.keys(compiled.metrics.parts), Object.keys(eager.metrics.parts));
      assertClose('parameter', compiled.state.params, eager.state.params);
      assertClose('encoder state', compiled.state.encoderState, eager.state.encoderState);
      assertClose('perturbation', compiled.state.delta ? { delta: compiled.state.delta } : {}, eager.state.delta ? { delta: eager.state.delta } : {});
    });
});
