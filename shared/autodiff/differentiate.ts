/** @file From a model to the graph of its input gradient: loss per image, the model's own outputs, and the gradient of the sum of the losses. */
import { RobencError } from '../errors.js';
import { copyInto } from '../graph/copy.js';
import { describeType, type Graph, type Node, type Value } from '../graph/value.js';
import { newBuilder } from '../ops/index.js';
import { attackLosses, type AttackLoss } from './attack-loss.js';
import { gradient } from './vjp.js';

export interface DifferentiateOptions {
  /** Name of the model input; `image` also stands for the only image-shaped one (float, rank 4). */
  readonly wrt: string;
  /** A name from the table of attack losses. */
  readonly loss: string;
  /** Which output the loss is computed on; needed where the model has several of rank 2. */
  readonly output?: string;
}

export interface Differentiated {
  readonly graph: Graph;
  /** What the user should know about how the graph was made. */
  readonly warnings: readonly string[];
}

/**
 * A graph with the model's inputs plus `label` int64 [batch] (or `target` float32 [batch, dim]), and outputs `loss` [batch],
 * the model's own outputs under their names, and `gradient` in the shape of the input: that of the sum of the losses.
 *
 * @throws RobencError `usage` for an unknown input, output or loss, or a name that the model already uses; `unsupported` where a node blocks the gradient.
 */
export function differentiate(model: Graph, { wrt, loss, output }: DifferentiateOptions): Differentiated {
  const attackLoss = attackLosses.get(loss);
  refuseCollisions(model, attackLoss);
  const warnings: string[] = [];
  const inputName = findInput(model, wrt).name;
  const { name: outputName, value: scored } = findOutput(model, output);
  const [batch, dim] = scored.type.shape;
  if (scored.type.shape.length !== 2)
    throw new RobencError(
      'unsupported',
      `The loss ${loss} needs an output of shape [batch, n]; this one is ${describeType(scored.type)}. Choose another with --output.`,
      { field: 'output' },
    );
  const g = newBuilder();
  // Before the model's values, some of which may have this name inside the model: they give way, an input of the file must not.
  const target = attackLoss.target === 'label' ? g.input('label', 'int64', [batch!]) : g.input('target', scored.type.dtype, [batch!, dim!]);
  const copied = copyInto(g, model);
  const input = copied.inputs[inputName]!;
  const chosen = copied.outputs[outputName]!;
  const scores = attackLoss.target === 'label' ? beforeSoftmax(chosen, warnings) : chosen;
  const built = attackLoss.build(g, scores, target);
  const [slope] = gradient(g, [built.seed], [input]);
  if (!slope) throw new RobencError('unsupported', `The output does not depend on input "${wrt}" through floats: there is no gradient.`, { field: 'wrt' });
  g.output('loss', built.loss);
  for (const { name } of model.outputs) g.output(name, copied.outputs[name]!);
  g.output('gradient', slope);
  const graph = g.build(`${model.name}_gradient`);
  return { graph: { ...graph, inputs: [...graph.inputs.filter((value) => value !== target), target] }, warnings };
}

/** The model input called `name`, or the only image-shaped one for `image`. */
export function findInput(model: Graph, name: string): Value {
  const exact = model.inputs.find((input) => input.name === name);
  if (exact) return exact;
  const images = model.inputs.filter((input) => input.type.shape.length === 4 && input.type.dtype.startsWith('float'));
  if (name === 'image' && images.length === 1) return images[0]!;
  const list = model.inputs.map((input) => `"${input.name}" ${describeType(input.type)}`).join(', ');
  throw new RobencError('usage', `The model has no input "${name}". It has: ${list}. Name one with --wrt.`, { field: 'wrt' });
}

/** The output called `name`, or the only one that can be scores (float, rank 2). */
export function findOutput(model: Graph, name: string | undefined): Graph['outputs'][number] {
  const list = model.outputs.map((output) => `"${output.name}" ${describeType(output.value.type)}`).join(', ');
  if (name !== undefined) {
    const exact = model.outputs.find((output) => output.name === name);
    if (!exact) throw new RobencError('usage', `The model has no output "${name}". It has: ${list}. Name one with --output.`, { field: 'output' });
    return exact;
  }
  if (model.outputs.length === 1) return model.outputs[0]!;
  const candidates = model.outputs.filter((output) => output.value.type.shape.length === 2 && output.value.type.dtype.startsWith('float'));
  if (candidates.length === 1) return candidates[0]!;
  throw new RobencError('usage', `The model has several outputs: ${list}. Name the one to differentiate with --output.`, { field: 'output' });
}

/** Follows a value back through a final Softmax: cross-entropy belongs on the logits, and on probabilities its gradient vanishes. */
export function beforeSoftmax(value: Value, warnings: string[]): Value {
  let node: Node | null = value.node;
  while (node && (node.op === 'Identity' || node.op === 'Cast')) node = node.inputs[0]?.node ?? null;
  const logits = node?.op === 'Softmax' ? node.inputs[0] : null;
  if (!logits) return value;
  warnings.push(`The output "${value.name}" is a Softmax: the loss is computed on the logits before it ("${logits.name}").`);
  return logits;
}

function refuseCollisions(model: Graph, loss: AttackLoss): void {
  const reserved = [loss.target, 'loss', 'gradient'];
  for (const { name } of [...model.inputs, ...model.outputs].filter((port) => reserved.includes(port.name)))
    throw new RobencError('usage', `The model already uses the name "${name}", which the gradient graph needs for itself. Rename it in the model first.`, {
      field: name,
    });
}
