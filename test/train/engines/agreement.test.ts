/** @file The compiled engine against the eager one: the same step from the same numbers. */
import assert from 'node:assert/strict';
import { engines } from '@robenc/train/engines/index.js';
import type { Engine, StepMetrics, TrainingState } from '@robenc/train/engines/engine.js';
import type { HostTensor } from '@robenc/train/tensors/parameters.js';
import { relativeDistance } from '../reference.js';
import { toy, type Toy } from './toy.js';

/** Momenta of parameters without influence on the loss are rounding noise, some 1e-6 long. */
const FLOOR = 1e-3;
const CASES = [
  { title: 'no adversary', setup: {} },
  { title: 'PGD with 2 steps', setup: { adversary: 'pgd', options: { steps: 2 } } },
  { title: 'free with 2 replays', setup: { adversary: 'free', options: { replays: 2 } } },
  { title: 'nt-xent', setup: { loss: 'nt-xent' } },
  { title: 'sup-con', setup: { loss: 'sup-con' } },
];

async function stepOn(name: string, { spec, initial, batch }: Toy): Promise<{ metrics: StepMetrics; state: TrainingState }> {
  const engine: Engine = await engines.get(name).open(spec, initial, { device: 'cpu' });
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
  for (const { title, setup } of CASES)
    it(`${title}: one whole training step gives the same parameters within 1e-5`, async () => {
      const [compiled, eager] = [await stepOn('onnx', toy(setup)), await stepOn('tfjs', toy(setup))];
      assert.ok(Math.abs(compiled.metrics.loss / eager.metrics.loss - 1) < 1e-5);
      assert.ok(Math.abs(compiled.metrics.gradientNorm / eager.metrics.gradientNorm - 1) < 1e-4);
      assert.deepEqual(Object.keys(compiled.metrics.parts), Object.keys(eager.metrics.parts));
      assertClose('parameter', compiled.state.params, eager.state.params);
      assertClose('encoder state', compiled.state.encoderState, eager.state.encoderState);
      assertClose('perturbation', compiled.state.delta ? { delta: compiled.state.delta } : {}, eager.state.delta ? { delta: eager.state.delta } : {});
    });
});
