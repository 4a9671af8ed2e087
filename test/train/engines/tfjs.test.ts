/** @file The eager engine: what a step does with and without an adversary, and what it keeps. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { norms } from '@robenc/shared/attacks/norms.js';
import type { TrainingState } from '@robenc/train/engines/engine.js';
import { objective } from '@robenc/train/engines/objective.js';
import { openTfjsEngine } from '@robenc/train/engines/tfjs.js';
import { toBackend, type HostTensor } from '@robenc/train/tensors/parameters.js';
import { relativeDistance } from '../reference.js';
import { toy, type Toy } from './toy.js';

const EPSILON = 8 / 255;

/** The state after batches 0, 1, … at learning rate 0.3, with the metrics of each. */
async function train({ spec, initial, batch }: Toy, batches: number, from: TrainingState = initial, first = 0) {
  const engine = await openTfjsEngine(spec, from, { device: 'cpu' });
  try {
    const metrics = [];
    for (let n = first; n < first + batches; n++) metrics.push(await engine.step(batch(n), new Array<number>(spec.adversary.replays).fill(0.3)));
    return { metrics, state: await engine.state() };
  } finally {
    await engine.close();
  }
}

/** The gradient of the training loss at pixels `x`, with the parameters of `state`. */
function gradientAt({ spec }: Toy, { params, encoderState }: TrainingState, x: Float32Array): Float32Array {
  return tf.tidy(() => {
    const values = { params: toBackend(params), state: toBackend(encoderState) };
    const pixels = tf.tensor4d(x, [12, 3, 8, 8]);
    return tf
      .grad((at) => objective(spec, { ...values, x: at as tf.Tensor4D }).loss)(pixels)
      .dataSync() as Float32Array;
  });
}

/** Pixels after one step of shared/attacks' PGD. */
function attacked(x: Float32Array, from: Float32Array, gradient: Float32Array, stepSize: number): Float32Array {
  const next = Float32Array.from(from);
  norms.linf.ascend(next, gradient, stepSize);
  norms.linf.project(next, x, EPSILON);
  return next;
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((largest, value, index) => Math.max(largest, Math.abs(value - b[index]!)), 0);
}

function assertSame(a: Readonly<Record<string, HostTensor>>, b: Readonly<Record<string, HostTensor>>): void {
  assert.deepEqual(Object.keys(a), Object.keys(b));
  for (const name of Object.keys(a)) assert.deepEqual(a[name]!.data, b[name]!.data, name);
}

describe('the eager engine', () => {
  it('says that it computes in plain JavaScript where no native package is installed', async () => {
    const { spec, initial } = toy();
    const engine = await openTfjsEngine(spec, initial, { device: 'cpu' });
    if (engine.device === 'cpu') assert.match(engine.notice ?? '', /plain JavaScript.*tfjs-node is not installed/);
    else assert.equal(engine.notice, null);
    await engine.close();
  });

  it('lowers the loss on a batch that it sees again and again', async () => {
    const { spec, initial, batch } = toy();
    const engine = await openTfjsEngine(spec, initial, { device: 'cpu' });
    const losses = [];
    for (let step = 0; step < 8; step++) losses.push((await engine.step(batch(0), [0.3])).loss);
    await engine.close();
    assert.ok(losses.at(-1)! < losses[0]! - 5, losses.join(' '));
  });

  it('holds as many tensors after five steps as after one, and none when closed', async () => {
    const before = tf.memory().numTensors;
    const { spec, initial, batch } = toy({ adversary: 'free', options: { replays: 2 } });
    const engine = await openTfjsEngine(spec, initial, { device: 'cpu' });
    await engine.step(batch(0), [0.3, 0.3]);
    const held = tf.memory().numTensors;
    for (let n = 1; n < 5; n++) await engine.step(batch(n), [0.3, 0.3]);
    assert.equal(tf.memory().numTensors, held);
    await engine.close();
    assert.equal(tf.memory().numTensors, before);
  });

  it('goes on from a saved state as if it had never stopped', async () => {
    const setup = toy({ adversary: 'free', options: { replays: 2 } });
    const whole = await train(setup, 4);
    const half = await train(setup, 2);
    const rest = await train(setup, 2, half.state, 2);
    assertSame(rest.state.params, whole.state.params);
    assertSame(rest.state.encoderState, whole.state.encoderState);
    assertSame(rest.state.slots, whole.state.slots);
    assert.deepEqual(rest.state.delta!.data, whole.state.delta!.data);
    assert.deepEqual(rest.metrics, whole.metrics.slice(2));
  });

  it('load brings an engine back to an earlier state', async () => {
    const setup = toy();
    const engine = await openTfjsEngine(setup.spec, setup.initial, { device: 'cpu' });
    const first = await engine.step(setup.batch(0), [0.3]);
    await engine.load(setup.initial);
    assert.deepEqual(await engine.step(setup.batch(0), [0.3]), first);
    await engine.close();
  });

  it('with one replay and a step of 0, free training is training without an adversary', async () => {
    const plain = await train(toy(), 3);
    const free = await train(toy({ adversary: 'free', options: { replays: 1, stepSize: 0 } }), 3);
    for (const [name, { data }] of Object.entries(plain.state.params)) assert.ok(relativeDistance(free.state.params[name]!.data, data, 1e-6) < 1e-5, name);
  });

  it('free: one pass moves weights and perturbation by its one gradient, as PGD would move the pixels', async () => {
    const setup = toy({ adversary: 'free', options: { replays: 1, epsilon: '8/255', stepSize: 0.05 } });
    const x = setup.batch(0).views;
    const expected = attacked(x, x, gradientAt(setup, setup.initial, x), 0.05);
    const { state } = await train(setup, 1);
    assert.ok(
      largestDifference(
        state.delta!.data.map((value, index) => x[index]! + value),
        expected,
      ) < 1e-6,
    );
  });

  it('free: the perturbation is carried to the next batch, inside the ball and inside [0,1]', async () => {
    const setup = toy({ adversary: 'free', options: { replays: 3, epsilon: '8/255', stepSize: 0.01 } });
    const first = await train(setup, 1);
    const second = await train(setup, 1, first.state, 1);
    const x = setup.batch(1).views;
    const start = x.map((value, index) => Math.min(Math.max(value + first.state.delta!.data[index]!, 0), 1));
    const loss = tf.tidy(() => {
      const values = { params: toBackend(first.state.params), state: toBackend(first.state.encoderState) };
      return objective(setup.spec, { ...values, x: tf.tensor4d(start, [12, 3, 8, 8]) }).loss.dataSync()[0]!;
    });
    const once = await train({ ...setup, spec: { ...setup.spec, adversary: { ...setup.spec.adversary, replays: 1 } } }, 1, first.state, 1);
    assert.ok(Math.abs(once.metrics[0]!.loss - loss) < 1e-4);
    for (const [index, delta] of second.state.delta!.data.entries()) {
      assert.ok(Math.abs(delta) <= EPSILON + 1e-6);
      assert.ok(x[index]! + delta >= 0 && x[index]! + delta <= 1);
    }
  });

  it('pgd: the optimizer step is the one on the pixels that PGD finds from a start at zero', async () => {
    const setup = toy({ adversary: 'pgd', options: { steps: 2, epsilon: '8/255', stepSize: 0.02 } });
    const x = setup.batch(0).views;
    let pixels = x;
    for (let step = 0; step < 2; step++) pixels = attacked(x, pixels, gradientAt(setup, setup.initial, pixels), 0.02);
    const pgd = await train(setup, 1);
    const plain = await train({ ...toy(), batch: () => ({ views: pixels }) }, 1);
    assert.equal(pgd.state.delta, null);
    for (const [name, { data }] of Object.entries(plain.state.params)) assert.ok(relativeDistance(pgd.state.params[name]!.data, data, 1e-6) < 1e-4, name);
  });

  it('pgd: running statistics move with each of the attack passes too', async () => {
    const setup = toy({ adversary: 'pgd', options: { steps: 2 } });
    const { state } = await train(setup, 1);
    // The variance of the first layer starts at 1 and meets nearly the same batch three times: 1 - 0.9^3 of the way is gone.
    const once = await train(toy(), 1);
    const [after3, after1] = [state, once.state].map(({ encoderState }) => encoderState['stem.variance']!.data[0]!);
    const batch = (after1! - 0.9) / 0.1;
    assert.ok(Math.abs(after3! - (0.9 ** 3 + (1 - 0.9 ** 3) * batch)) < 0.02);
  });

  it('uses labels where the loss asks for them', async () => {
    const setup = toy({ loss: 'sup-con' });
    const { metrics } = await train(setup, 1);
    assert.ok(metrics[0]!.gradientNorm > 0);
    await assert.rejects(train({ ...setup, batch: (n) => ({ views: setup.batch(n).views }) }, 1), /sup-con needs the class of every image/);
  });

  it('refuses a batch, learning rates or a state of other sizes, and says which', async () => {
    const setup = toy();
    const engine = await openTfjsEngine(setup.spec, setup.initial, { device: 'cpu' });
    await assert.rejects(engine.step({ views: new Float32Array(5) }, [0.3]), /a batch is \[12,3,8,8\], 2304 values; there are 5/);
    await assert.rejects(engine.step(setup.batch(0), [0.3, 0.2]), /1 optimizer steps on a batch need as many learning rates; there are 2/);
    const { ['stem.filter']: dropped, ...params } = setup.initial.params;
    assert.ok(dropped);
    await assert.rejects(engine.load({ ...setup.initial, params }), /parameter "stem.filter" is missing/);
    await assert.rejects(engine.load({ ...setup.initial, delta: { shape: [1], data: new Float32Array(1) } }), /perturbation "delta" is not part/);
    await engine.close();
    await assert.rejects(engine.state(), /it is closed/);
  });

  it('names the devices that it has when asked for another', async () => {
    const { spec, initial } = toy();
    await assert.rejects(openTfjsEngine(spec, initial, { device: 'webgpu' }), /no device "webgpu". There are: auto, cpu, cuda/);
  });
});
