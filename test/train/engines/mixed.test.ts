/** @file Mixed precision: near float32 step by step, steps that overflow are left out, and the scale finds its place. */
import assert from 'node:assert/strict';
import { Random } from '@robenc/shared/math/random.js';
import { compileStep } from '@robenc/train/engines/compiled-step.js';
import { initialState } from '@robenc/train/engines/contract.js';
import type { StepSpec, TrainingState } from '@robenc/train/engines/engine.js';
import { autocast } from '@robenc/train/engines/mixed/autocast.js';
import { SCALE, STEPS } from '@robenc/train/engines/mixed/loss-scale.js';
import { openOnnxEngine } from '@robenc/train/engines/onnx.js';
import { mapValues } from '@robenc/train/tensors/parameters.js';
import { relativeDistance } from '../reference.js';
import { toy } from './toy.js';

const CPU = { device: 'cpu', threads: 1 } as const;

function mixed(adversary: string): { spec: StepSpec; initial: TrainingState; batch: ReturnType<typeof toy>['batch'] } {
  const { spec, batch } = toy({ adversary });
  const own: StepSpec = { ...spec, precision: 'mixed' };
  return { spec: own, initial: initialState(own, new Random(5, 'initial')), batch };
}

/** With the loss scale at `scale`. */
const scaled = (state: TrainingState, scale: number): TrainingState => ({
  ...state,
  slots: { ...state.slots, [SCALE]: { shape: [], data: Float32Array.of(scale) } },
});

describe('mixed precision', function () {
  this.timeout(60_000);

  it('every convolution and product of the encoder reads float16, the optimizer and the normalisations float32', () => {
    const { spec, initial } = mixed('free');
    const graph = autocast(compileStep(spec, { params: initial.params, state: initial.encoderState, slots: initial.slots }, 1));
    const types = (op: string) =>
      [...new Set(graph.nodes.filter((node) => node.op === op).map(({ inputs }) => `${inputs[0]!.type.shape.length}:${inputs[0]!.type.dtype}`))].sort();
    assert.deepEqual(types('Conv'), ['4:float16']);
    assert.ok(
      types('MatMul').every((type) => type.startsWith('3:') || type.endsWith(':float16')),
      types('MatMul').join(),
    );
    assert.ok(types('BatchNormalization').every((type) => type.endsWith('float32')));
    for (const { name, value } of graph.outputs) assert.equal(value.type.dtype, 'float32', name);
  });

  for (const adversary of ['none', 'pgd', 'free'])
    it(`${adversary}: after two batches weights have moved as in float32, to within the precision of halves`, async () => {
      const { spec, initial, batch } = mixed(adversary);
      const whole = await openOnnxEngine({ ...spec, precision: 'float32' }, { ...initial, slots: withoutScale(initial.slots) }, CPU);
      const half = await openOnnxEngine(spec, initial, CPU);
      const rates = new Array<number>(spec.adversary.replays).fill(0.05);
      for (const n of [1, 2]) {
        const [a, b] = [await whole.step(batch(n), rates), await half.step(batch(n), rates)];
        assert.ok(Math.abs(a.loss - b.loss) < 0.02 * Math.abs(a.loss), `loss ${a.loss} and ${b.loss}`);
      }
      const [a, b] = [await whole.state(), await half.state()];
      const moves = (state: TrainingState) =>
        Object.entries(state.params).flatMap(([name, { data }]) => [...data].map((value, i) => value - initial.params[name]!.data[i]!));
      const distance = relativeDistance(Float32Array.from(moves(b)), Float32Array.from(moves(a)));
      assert.ok(distance < 0.15, `the moves differ by ${distance}`);
      assert.equal(b.slots[STEPS]!.data[0], 2 * spec.adversary.replays);
      await Promise.all([whole.close(), half.close()]);
    });

  for (const adversary of ['none', 'free'])
    it(`${adversary}: a step whose gradients overflow leaves weights, statistics and perturbation as they were, and halves the scale`, async () => {
      const { spec, initial, batch } = mixed(adversary);
      // On a CPU, ONNX Runtime computes these products in float32, so that only what is infinite in any precision overflows.
      const params = mapValues(initial.params, ({ shape, data }, name) => ({
        shape,
        data: name.endsWith('.filter') ? data.map((value) => 1e38 * value) : data,
      }));
      const before = scaled({ ...initial, params }, 2 ** 10);
      const engine = await openOnnxEngine(spec, before, CPU);
      const rates = new Array<number>(spec.adversary.replays).fill(0.05);
      const { gradientNorm } = await engine.step(batch(1), rates);
      const after = await engine.state();
      assert.equal(gradientNorm, 0);
      assert.equal(after.slots[SCALE]!.data[0], 2 ** (10 - spec.adversary.replays));
      assert.equal(after.slots[STEPS]!.data[0], 0);
      assert.deepEqual(after.params, before.params);
      assert.deepEqual(after.encoderState, before.encoderState);
      assert.deepEqual(after.delta, before.delta);
      await engine.close();
    });

  it('a scale that was good for five hundred steps is doubled, up to 2^24', async () => {
    const { spec, initial, batch } = mixed('none');
    for (const [scale, expected] of [
      [2 ** 10, 2 ** 11],
      [2 ** 24, 2 ** 24],
    ] as const) {
      const state = scaled(initial, scale);
      state.slots[STEPS] = { shape: [], data: Float32Array.of(499) };
      const engine = await openOnnxEngine(spec, state, CPU);
      await engine.step(batch(1), [0.05]);
      const { slots } = await engine.state();
      assert.deepEqual([slots[SCALE]!.data[0], slots[STEPS]!.data[0]], [expected, 0]);
      await engine.close();
    }
  });

  it('what no scale can mend is shown, so that the run ends', async () => {
    const { spec, initial, batch } = mixed('none');
    const engine = await openOnnxEngine(spec, scaled(initial, 1), CPU);
    const { views } = batch(1);
    const { gradientNorm } = await engine.step({ views: views.map(() => NaN) }, [0.05]);
    assert.ok(!Number.isFinite(gradientNorm), `${gradientNorm}`);
    await engine.close();
  });
});

function withoutScale(slots: TrainingState['slots']): TrainingState['slots'] {
  return Object.fromEntries(Object.entries(slots).filter(([name]) => name !== SCALE && name !== STEPS));
}
