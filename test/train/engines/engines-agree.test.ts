/** @file The compiled and the eager engine take the same steps. */
import assert from 'node:assert/strict';
import { loadRunConfig } from '@robenc/shared/config/run.js';
import { Random } from '@robenc/shared/math/random.js';
import { openEngine } from '../../../train/engines/contract.js';
import type { TrainingState } from '../../../train/engines/engine.js';
import { engines } from '../../../train/engines/index.js';
import { encoderOf } from '../../../train/optimizers/average.js';
import { firstState, learningRates, planOf } from '../../../train/run/plan.js';

const TINY = {
  seed: 3,
  batchSize: 4,
  views: { count: 3 },
  data: { size: 8 },
  encoder: { name: 'resnet-small', widths: [4, 6], embedding: 16, projection: 8 },
  engine: { threads: 1 },
};

/** The largest distance between two states relative to the size of each tensor, and where it is. */
function distance(a: TrainingState, b: TrainingState): { worst: number; where: string } {
  let [worst, where] = [0, ''];
  for (const group of ['params', 'encoderState', 'slots'] as const)
    for (const [name, { data }] of Object.entries(a[group])) {
      const other = b[group][name]!.data;
      const difference = Math.hypot(...data.map((x, i) => x - other[i]!)) / Math.max(Math.hypot(...data), 1e-2);
      if (difference > worst) [worst, where] = [difference, `${group}/${name}`];
    }
  return { worst, where };
}

describe('training engines', function () {
  this.timeout(120_000);
  for (const adversary of [
    { name: 'none' },
    { name: 'free', replays: 2 },
    { name: 'pgd', steps: 2 },
    { name: 'free', views: 'last' },
    { name: 'pgd', views: 'last' },
  ]) {
    it(`one whole step with adversary ${JSON.stringify(adversary)} gives the same parameters compiled and eager, within 1e-5`, async () => {
      const plan = planOf(loadRunConfig({ ...TINY, adversary }));
      const pixels = 3 * plan.spec.size ** 2 * plan.spec.views * plan.spec.batch;
      const random = new Random(5, 'pixels');
      const views = Float32Array.from({ length: pixels }, () => random.next());
      const states: TrainingState[] = [];
      const losses: number[] = [];
      for (const name of engines.names) {
        const engine = await openEngine(engines.get(name), plan.spec, firstState(plan), { device: 'cpu', threads: 1 });
        const metrics = await engine.step({ views: views.slice() }, learningRates(plan, 0, 10));
        losses.push(metrics.loss);
        states.push(await engine.state());
        await engine.close();
      }
      const { worst, where } = distance(states[0]!, states[1]!);
      assert.ok(worst <= 1e-5, `${where} differs by ${worst}`);
      assert.ok(Math.abs(losses[0]! - losses[1]!) <= 1e-5 * Math.abs(losses[0]!), `losses ${losses.join(' and ')}`);
      const moved = distance(firstState(plan), states[0]!);
      assert.ok(moved.worst > 1e-4, 'the step moved nothing, so agreement would say nothing');
    });
  }

  it('AdamW with a running average gives the same parameters, moments and averages compiled and eager, within 2e-5', async () => {
    const plan = planOf(
      loadRunConfig({
        ...TINY,
        adversary: { name: 'free', replays: 1 },
        optimizer: { name: 'adamw', learningRate: 0.01, epsilon: 1e-3 },
        average: { decay: 0.5 },
      }),
    );
    const random = new Random(7, 'pixels');
    const views = Float32Array.from({ length: 3 * 64 * 12 }, () => random.next());
    const states: TrainingState[] = [];
    for (const name of engines.names) {
      const engine = await openEngine(engines.get(name), plan.spec, firstState(plan), { device: 'cpu', threads: 1 });
      await engine.step({ views: views.slice() }, [0.01]);
      states.push(await engine.state());
      await engine.close();
    }
    const { worst, where } = distance(states[0]!, states[1]!);
    assert.ok(worst <= 2e-5, `${where} differs by ${worst}`);
    const average = encoderOf(states[0]!).params['stem.filter']!.data;
    const [first, last] = [firstState(plan).params['stem.filter']!.data, states[0]!.params['stem.filter']!.data];
    assert.notDeepEqual(average, first);
    assert.notDeepEqual(average, last);
  });

  it('several replays inside one graph give what one replay a run gives', async () => {
    const plan = planOf(loadRunConfig({ ...TINY, adversary: { name: 'free', replays: 2 } }));
    const random = new Random(6, 'pixels');
    const views = Float32Array.from({ length: 3 * 64 * 12 }, () => random.next());
    const states = [];
    for (const replaysPerRun of [1, 2]) {
      const engine = await openEngine(engines.get('onnx'), plan.spec, firstState(plan), { device: 'cpu', threads: 1, replaysPerRun });
      await engine.step({ views: views.slice() }, [0.3, 0.2]);
      states.push(await engine.state());
      await engine.close();
    }
    const { worst, where } = distance(states[0]!, states[1]!);
    assert.ok(worst <= 1e-5, `${where} differs by ${worst}`);
  });
});
