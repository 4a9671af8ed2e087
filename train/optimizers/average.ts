/** @file The running average of an encoder over the steps of training: what is evaluated in place of the last step, where the run asks for it. */
import * as tf from '@tensorflow/tfjs';
import type { TrainingState } from '../engines/engine.js';
import { asGroup, mapValues, ofGroup, type Parameters, type Tensors } from '../tensors/parameters.js';

/** Averages lie among the slots of the optimizer, so that checkpoints and engines carry them like any other. */
const PARAMS = 'average/params';
const STATE = 'average/state';

/** The average before the first step: the encoder itself. */
export function initAverage(params: Readonly<Parameters>, state: Readonly<Parameters>): Parameters {
  return mapValues(underNames(params, state), copy);
}

/** average <- decay average + (1 - decay) encoder, of parameters and running statistics; the averages only, under the names of their slots. */
export function moveAverage(decay: number, slots: Readonly<Tensors>, { params, state }: { params: Readonly<Tensors>; state: Readonly<Tensors> }): Tensors {
  const moved = (tensor: tf.Tensor, name: string): tf.Tensor => tf.add(tf.mul(slots[name]!, decay), tf.mul(tensor, 1 - decay));
  return mapValues(underNames(params, state), moved);
}

/** What is evaluated and exported of a training state: the average where there is one, else the last step. */
export function encoderOf({ params, encoderState, slots }: TrainingState): Pick<TrainingState, 'params' | 'encoderState'> {
  const average = ofGroup(PARAMS, slots);
  return Object.keys(average).length === 0 ? { params, encoderState } : { params: average, encoderState: ofGroup(STATE, slots) };
}

function underNames<T>(params: Readonly<Record<string, T>>, state: Readonly<Record<string, T>>): Record<string, T> {
  return { ...asGroup(PARAMS, params), ...asGroup(STATE, state) };
}

function copy({ shape, data }: Parameters[string]): Parameters[string] {
  return { shape: [...shape], data: data.slice() };
}
