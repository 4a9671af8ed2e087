/** @file One training step as one ONNX graph: forward, backward, perturbation and optimizer, for one or more replays. */
import type * as tf from '@tensorflow/tfjs';
import { trace } from '@robenc/export/trace/trace.js';
import { gradient, onesLike } from '@robenc/shared/autodiff/vjp.js';
import type { GraphBuilder } from '@robenc/shared/graph/builder.js';
import type { Graph, Value } from '@robenc/shared/graph/value.js';
import { newBuilder } from '@robenc/shared/ops/index.js';
import { ascend, intoBox, perturb } from '../adversaries/perturbation.js';
import { moveAverage } from '../optimizers/average.js';
import { asGroup, mapValues, ofGroup } from '../tensors/parameters.js';
import { ASCENT_SCALE, isFinite, keptUnless, moveLossScale, SCALE, shownLength, STEPS } from './mixed/loss-scale.js';
import { perturbationShape, pixelShape } from './contract.js';
import type { StepShapes, StepSpec } from './engine.js';
import { objective } from './objective.js';

/** What a step is given and gives back, as inputs and outputs of its graph: `params/conv1`, `next/params/conv1`. */
export const STEP_GROUPS = ['params', 'state', 'slots'] as const;
export type Group = (typeof STEP_GROUPS)[number];
export type Values = Record<string, Value>;

/** A run ends at the first loss or gradient that is not finite. */
const FINITE = { finite: true };

/**
 * The graph of `replays` optimizer steps on one batch.
 * Inputs: `views` [views * batch, 3, size, size], `learningRates` [replays], `delta` where the adversary moves one, `labels` where the loss needs them,
 * and every parameter, state and slot. Outputs: `delta` where it is an input, and every parameter, state and slot, as `next/…`; `loss`, `gradientNorm` and
 * `part/…` of the last replay.
 */
export function compileStep(spec: StepSpec, shapes: StepShapes, replays: number): Graph {
  const g = newBuilder();
  const step = openStep(g, spec, shapes);
  const rates = g.input('learningRates', 'float32', [replays]);
  for (let replay = 0; replay < replays; replay++) {
    const rate = replays === 1 ? g.reshape(rates, []) : g.node('Gather', [rates, g.scalar(replay, 'int64')], { axis: 0 });
    const last = replay === replays - 1;
    takeReplay(g, spec, step, rate, last);
  }
  return closeStep(g, step, STEP_GROUPS);
}

/** The graph of one pass that moves the perturbation alone (and the running statistics, since the encoder is in training mode). */
export function compileAttackStep(spec: StepSpec, shapes: StepShapes): Graph {
  const g = newBuilder();
  const step = openStep(g, spec, { ...shapes, slots: {} });
  const pass = forward(g, spec, step);
  const one = onesLike(g, pass.loss);
  const mixed = spec.precision === 'mixed';
  const [slope] = gradient(g, [{ value: pass.loss, cotangent: mixed ? g.mul(one, g.scalar(ASCENT_SCALE)) : one }], [step.delta!], FINITE);
  const moved = moveDelta(g, spec, step, slope!);
  step.delta = mixed ? g.node('Where', [isFinite(g, lengthOf(g, [slope!])), moved, step.delta!]) : moved;
  step.groups.state = pass.state;
  return closeStep(g, step, ['state']);
}

interface Step {
  readonly views: Value;
  readonly labels: Value | null;
  delta: Value | null;
  readonly groups: Record<Group, Values>;
}

function openStep(g: GraphBuilder, spec: StepSpec, shapes: StepShapes): Step {
  const read = (group: Group): Values => mapValues(shapes[group], ({ shape }, name) => g.input(`${group}/${name}`, 'float32', shape));
  const views = g.input('views', 'float32', pixelShape(spec));
  return {
    views,
    labels: spec.loss.use.needsLabels ? g.input('labels', 'int32', [spec.batch]) : null,
    delta: spec.adversary.epsilon > 0 ? enterBox(g, views, g.input('delta', 'float32', perturbationShape(spec))) : null,
    groups: { params: read('params'), state: read('state'), slots: read('slots') },
  };
}

function closeStep(g: GraphBuilder, step: Step, groups: readonly Group[]): Graph {
  for (const group of groups) for (const [name, value] of Object.entries(step.groups[group])) g.output(`next/${group}/${name}`, value);
  if (step.delta) g.output('next/delta', step.delta);
  return g.build('training_step');
}

function takeReplay(g: GraphBuilder, spec: StepSpec, step: Step, rate: Value, last: boolean): void {
  const pass = forward(g, spec, step);
  const names = Object.keys(step.groups.params);
  const params = names.map((name) => step.groups.params[name]!);
  const moves = spec.adversary.carries && step.delta !== null;
  const scale = spec.precision === 'mixed' ? step.groups.slots[SCALE]! : null;
  const one = onesLike(g, pass.loss);
  const seed = { value: pass.loss, cotangent: scale ? g.mul(one, scale) : one };
  const slopes = gradient(g, [seed], moves ? [...params, step.delta!] : params, FINITE);
  const unscaled = (slope: Value): Value => (scale ? g.div(slope, scale) : slope);
  const grads = Object.fromEntries(names.map((name, i) => [name, slopes[i] ? unscaled(slopes[i]) : zerosLike(g, params[i]!)]));
  const length = last || scale ? lengthOf(g, Object.values(grads)) : null;
  const good = scale && isFinite(g, length!);
  if (last) {
    g.output('loss', pass.loss);
    for (const [name, value] of Object.entries(pass.parts)) g.output(`part/${name}`, value);
    g.output('gradientNorm', good ? shownLength(g, good, length!, scale) : length!);
  }
  const before = { ...step.groups };
  const updated = optimize(g, spec, step, grads, rate);
  step.groups.params = updated.params;
  step.groups.state = pass.state;
  step.groups.slots = { ...updated.slots, ...averaged(g, spec, step) };
  const delta = step.delta;
  if (moves) step.delta = moveDelta(g, spec, step, slopes[names.length]!);
  if (!good) return;
  for (const group of STEP_GROUPS) step.groups[group] = keptUnless(g, good, step.groups[group], before[group]);
  Object.assign(step.groups.slots, moveLossScale(g, good, scale, before.slots[STEPS]!));
  if (moves) step.delta = g.node('Where', [good, step.delta!, delta!]);
}

/** The objective on the perturbed views, and the values that the backward pass starts from. */
function forward(g: GraphBuilder, spec: StepSpec, step: Step): { loss: Value; parts: Values; state: Values } {
  const { outputs } = trace({
    builder: g,
    inputs: [
      { name: 'x', value: step.delta ? perturbed(g, step.views, step.delta) : step.views },
      ...(step.labels ? [{ name: 'labels', value: step.labels }] : []),
      ...prefixed('params', step.groups.params),
      ...prefixed('state', step.groups.state),
    ],
    fn: (inputs) => {
      const { loss, parts, state } = objective(spec, {
        params: ofGroup('params', inputs),
        state: ofGroup('state', inputs),
        x: inputs['x'] as tf.Tensor4D,
        ...(inputs['labels'] && { labels: inputs['labels'] as tf.Tensor1D }),
      });
      return { loss, ...asGroup('part', parts), ...asGroup('state', state) };
    },
  });
  return { loss: outputs['loss']!, parts: ofGroup('part', outputs), state: ofGroup('state', outputs) };
}

function optimize(g: GraphBuilder, spec: StepSpec, step: Step, grads: Values, rate: Value): { params: Values; slots: Values } {
  const { use, config } = spec.optimizer;
  const { outputs } = trace({
    builder: g,
    inputs: [{ name: 'rate', value: rate }, ...prefixed('params', step.groups.params), ...prefixed('slots', step.groups.slots), ...prefixed('grads', grads)],
    fn: (inputs) => {
      const next = use.update(config, {
        params: ofGroup('params', inputs),
        slots: ofGroup('slots', inputs),
        grads: ofGroup('grads', inputs),
        learningRate: inputs['rate'] as tf.Scalar,
      });
      return { ...asGroup('params', next.params), ...asGroup('slots', next.slots) };
    },
  });
  return { params: ofGroup('params', outputs), slots: ofGroup('slots', outputs) };
}

/** The running average of the encoder after this step, as slots; none where the run keeps none. `step` has the new values already, but for its slots. */
function averaged(g: GraphBuilder, { average }: StepSpec, { groups: { params, state, slots } }: Step): Values {
  if (average === null) return {};
  const inputs = [...prefixed('params', params), ...prefixed('state', state), ...prefixed('slots', slots)];
  return trace({
    builder: g,
    inputs,
    fn: (given) => moveAverage(average, ofGroup('slots', given), { params: ofGroup('params', given), state: ofGroup('state', given) }),
  }).outputs;
}

/** The perturbation after one ascent step, by the same function as the eager engine's. */
function moveDelta(g: GraphBuilder, spec: StepSpec, { views, delta }: Step, slope: Value): Value {
  const { outputs } = trace({
    builder: g,
    inputs: [
      { name: 'x', value: views },
      { name: 'delta', value: delta! },
      { name: 'slope', value: slope },
    ],
    fn: ({ x, delta: before, slope: gradientOfDelta }) => ({ delta: ascend(spec.adversary, x!, before!, gradientOfDelta!) }),
  });
  return outputs['delta']!;
}

function perturbed(g: GraphBuilder, views: Value, delta: Value): Value {
  const inputs = [
    { name: 'x', value: views },
    { name: 'delta', value: delta },
  ];
  return trace({ builder: g, inputs, fn: ({ x, delta: by }) => ({ x: perturb(x!, by!) }) }).outputs['x']!;
}

/** A carried perturbation meets a new batch: the part of it that keeps the pixels in [0,1]. */
function enterBox(g: GraphBuilder, views: Value, carried: Value): Value {
  const { outputs } = trace({
    builder: g,
    inputs: [
      { name: 'x', value: views },
      { name: 'delta', value: carried },
    ],
    fn: ({ x, delta }) => ({ delta: intoBox(x!, delta!) }),
  });
  return outputs['delta']!;
}

function zerosLike(g: GraphBuilder, value: Value): Value {
  return g.expand(g.scalarLike(0, value), value.type.shape, value);
}

/** √ Σ g² over all gradients. */
function lengthOf(g: GraphBuilder, grads: readonly Value[]): Value {
  const squares = grads.map((value) => g.sum(g.mul(value, value), null));
  return g.node('Sqrt', [squares.reduce((a, b) => g.add(a, b))]);
}

function prefixed(group: string, values: Values): { name: string; value: Value }[] {
  return Object.entries(values).map(([name, value]) => ({ name: `${group}/${name}`, value }));
}
