/** @file The training objective and its gradients, by tfjs's own automatic differentiation. */
import * as tf from '@tensorflow/tfjs';
import { mapValues, type Tensors } from '../tensors/parameters.js';
import type { StepSpec } from './engine.js';
import { objective, type ObjectiveInput } from './objective.js';

export interface Gradients {
  readonly loss: tf.Scalar;
  readonly parts: Tensors;
  /** The encoder's state after this pass. */
  readonly state: Tensors;
  /** By parameter; empty where not asked for. */
  readonly params: Tensors;
  /** With respect to the views; null where not asked for. */
  readonly pixels: tf.Tensor4D | null;
}

/** One forward and one backward pass. */
export function differentiate(spec: StepSpec, input: ObjectiveInput, wanted: { params: boolean; pixels: boolean }): Gradients {
  const names = wanted.params ? Object.keys(input.params) : [];
  const kept: { parts: Tensors; state: Tensors } = { parts: {}, state: {} };
  const f = (...given: tf.Tensor[]): tf.Scalar => {
    const params = { ...input.params, ...Object.fromEntries(names.map((name, index) => [name, given[index]!])) };
    const x = wanted.pixels ? (given[names.length] as tf.Tensor4D) : input.x;
    const { loss, parts, state } = objective(spec, { ...input, params, x });
    // The pass ends with everything but the loss thrown away; what else is wanted must be kept by hand, and let go below.
    kept.parts = mapValues(parts, (value) => tf.keep(tf.clone(value)));
    kept.state = mapValues(state, (value) => tf.keep(tf.clone(value)));
    return loss;
  };
  const at = [...names.map((name) => input.params[name]!), ...(wanted.pixels ? [input.x] : [])];
  const { value, grads } = tf.valueAndGrads(f)(at);
  return {
    loss: value,
    parts: mapValues(kept.parts, release),
    state: mapValues(kept.state, release),
    params: Object.fromEntries(names.map((name, index) => [name, grads[index]!])),
    pixels: wanted.pixels ? (grads[names.length] as tf.Tensor4D) : null,
  };
}

/** The same tensor under the care of the enclosing tidy again. */
function release(kept: tf.Tensor): tf.Tensor {
  const copy = tf.clone(kept);
  kept.dispose();
  return copy;
}
