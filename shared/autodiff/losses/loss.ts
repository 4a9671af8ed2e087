/** @file What a loss on the output of a finished model is: a graph builder that gives one number per image, whose sum is differentiated. */
import type { GraphBuilder } from '../../graph/builder.js';
import { RobencError } from '../../errors.js';
import { describeType, floats, type DType, type Value } from '../../graph/value.js';

/** An input that a loss adds to those of the model: class numbers int64 [batch], or a target like the output [batch, dim]. */
export type LossInput = 'label' | 'target_label' | 'target';

export interface AttackLoss {
  readonly name: string;
  /** One sentence for help and documentation. */
  readonly summary: string;
  /** The formula, for documentation. */
  readonly formula: string;
  readonly inputs: readonly LossInput[];
  /**
   * @param output [batch, dim], float32 or float64
   * @param inputs in the order of `inputs`
   * @returns the loss per image [batch], and the value to seed the backward pass with.
   */
  build(g: GraphBuilder, output: Value, inputs: readonly Value[]): BuiltLoss;
}

export interface BuiltLoss {
  readonly loss: Value;
  readonly seed: { readonly value: Value; readonly cotangent: Value };
}

/** The classes of logits. Throws `unsupported` where their number is open, or below what the loss needs. */
export function classesOf(logits: Value, loss: string, least = 2): number {
  const classes = logits.type.shape[1];
  if (typeof classes !== 'number')
    throw new RobencError('unsupported', `The loss ${loss} needs a fixed number of classes; the logits are ${describeType(logits.type)}.`);
  if (classes < least) throw new RobencError('unsupported', `The loss ${loss} needs ${least} classes or more; the logits are ${describeType(logits.type)}.`);
  return classes;
}

/** 1 at the class of each row and 0 elsewhere: [batch, classes]. */
export function onehot(g: GraphBuilder, indices: Value, classes: number, dtype: DType): Value {
  // ONNX Runtime has no OneHot of float64.
  return g.cast(g.node('OneHot', [indices, g.ints([classes]), g.constant(floats([0, 1]))], { axis: -1 }), dtype);
}

/** The entry of each row [batch, classes] at its class: [batch, 1]. A class that there is not is refused at run time, negative ones too, which ONNX counts from the end. */
export function picked(g: GraphBuilder, rows: Value, indices: Value, classes: number): Value {
  const negative = g.node('Less', [indices, g.scalar(0, 'int64')]);
  const valid = g.node('Where', [negative, g.scalar(classes, 'int64'), indices]);
  return g.node('GatherElements', [rows, g.reshape(valid, [indices.type.shape[0]!, 1])], { axis: 1 });
}
