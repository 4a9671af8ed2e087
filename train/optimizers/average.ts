/** @file The running average of an encoder over the steps of training: what is evaluated in place of the last step, where the run asks for it. */
import * as tf from '@tensorflow/tfjs';
import type { TrainingState } from '../engines/engine.js';
import type { Parameters, Tensors } from '../tensors/parameters.js';

/** Averages lie among the slots of the optimizer, so that checkpoints and engines carry them like any other. */
const PARAMS = 'average/params/';
const STATE = 'average/state/';

/** The average before the first step: the encoder itself. */
export function initAverage(params: Readonly<Parameters>, state: Readonly<Parameters>): Parameters {
  return { ...named(PARAMS, params, copy), ...named(STATE, state, copy) };
}

/** average <- decay average + (1 - decay) encoder, of parameters and running statistics; the averages only, under the names of their slots. */
export function moveAverage(decay: number, slots: Readonly<Tensors>, { params, state }: { params: Readonly<Tensors>; state: Readonly<Tensors> }): Tensors {
  const moved = (tensor: tf.Tensor, name: string): tf.Tensor => tf.add(tf.mul(slots[name]!, decay), tf.mul(tensor, 1 - decay));
  return { ...named(PARAMS, params, moved), ...named(STATE, state, moved) };
}

/** What is evaluated and exported of a training state: the average where there is one, else the last step. */
export function encoderOf({ params, encoderState, slots }: TrainingState): Pick<TrainingState, 'params' | 'encoderState'> {
  const averaged = (prefix: string): Parameters =>
    Object.fromEntries(Object.entries(slots).flatMap(([name, tensor]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [])));
  const average = averaged(PARAMS);
  return Object.keys(average).length === 0 ? { params, encoderState } : { params: average, encoderState: averaged(STATE) };
}

function named<A, B>(prefix: string, values: Readonly<Record<string, A>>, convert: (value: A, name: string) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, convert(value, prefix + name)]));
}

function copy({ shape, data }: Parameters[string]): Parameters[string] {
  return { shape: [...shape], data: data.slice() };
}
