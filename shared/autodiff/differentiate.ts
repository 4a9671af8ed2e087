/** @file From a model to the graph of its gradient: loss per image, the model's own outputs, and the gradient of the sum of the losses. */
import { RobencError } from '../errors.js';
import { copyInto } from '../graph/copy.js';
import type { Block } from '../graph/operator.js';
import { isUpgraded } from '../graph/opset.js';
import { optimize } from '../graph/passes/index.js';
import { describeType, isFloat, type Graph, type Node, type Value } from '../graph/value.js';
import { assumeFinite } from '../ops/finite.js';
import { newBuilder, operators, operatorTable } from '../ops/index.js';
import { attackLosses } from './losses/index.js';
import type { AttackLoss, LossInput } from './losses/loss.js';
import { describeBlocks } from '../graph/import/unreadable.js';
import { remarksBetween } from './remarks.js';
import { gradient } from './vjp.js';

export interface DifferentiateOptions {
  /**
   * What to differentiate by: names of inputs, or of constants (initializers) of float type. `image` also stands for the only image-shaped input
   * (float, rank 4).
   */
  readonly wrt: string | readonly string[];
  /** A name from the table of losses. */
  readonly loss: string;
  /** Which output the loss is computed on; needed where the model has several of rank 2. */
  readonly output?: string;
  /** Operators that are differentiated as if they copied their first input (straight-through; BPDA of Athalye et al., arXiv 1802.00420). */
  readonly straightThrough?: readonly string[];
}

export interface Differentiated {
  readonly graph: Graph;
  /** The output that holds the gradient by each input or constant, in the order of `wrt`, by its name in the model. */
  readonly gradients: Readonly<Record<string, string>>;
  /** What the user should know about how the graph was made. */
  readonly warnings: readonly string[];
}

/**
 * A graph with the model's inputs plus those of the loss (`label`, `target_label` int64 [batch], `target` [batch, dim] in the type of the output), and outputs
 * `loss` [batch], the model's own outputs under their names, and the gradient of the sum of the losses in the shape of what it is taken by: `gradient`, or
 * `gradient_<name>` for each of several. Losses and gradients are float32 for float16 models, and float64 for float64 ones.
 *
 * @throws RobencError `usage` for an unknown input, output or loss, or a name that the model already uses; `unsupported` naming every node that blocks the gradient.
 */
export function differentiate(source: Graph, { wrt, loss, output, straightThrough = [] }: DifferentiateOptions): Differentiated {
  const model = leanModel(source, wrt, straightThrough);
  const attackLoss = attackLosses.get(loss);
  const variables = findVariables(model, wrt);
  const gradients = Object.fromEntries(variables.map(({ name }) => [name, variables.length === 1 ? 'gradient' : `gradient_${name}`]));
  refuseCollisions(model, [...attackLoss.inputs, 'loss', ...Object.values(gradients)]);
  const warnings: string[] = unusedStraightThrough(model, straightThrough);
  const { name: outputName, value: scored } = findOutput(model, output);
  if (scored.type.shape.length !== 2 || !isFloat(scored.type.dtype))
    throw new RobencError(
      'unsupported',
      `The loss ${loss} needs an output of floats of shape [batch, n]; this one is ${describeType(scored.type)}. Choose another with --output.`,
      { field: 'output' },
    );
  const g = newBuilder();
  const wide = scored.type.dtype === 'float16' ? 'float32' : scored.type.dtype;
  const added: Readonly<Record<LossInput, () => Value>> = {
    label: () => g.input('label', 'int64', [scored.type.shape[0]!]),
    target_label: () => g.input('target_label', 'int64', [scored.type.shape[0]!]),
    target: () => g.input('target', wide, scored.type.shape),
  };
  // Before the model's values, some of which may have these names inside the model: they give way, inputs of the file must not.
  const lossInputs = attackLoss.inputs.map((name) => added[name]());
  const copied = copyInto(g, model);
  const chosen = copied.outputs[outputName]!;
  const scores = isOnLogits(attackLoss) ? beforeSoftmax(chosen, warnings) : chosen;
  const built = attackLoss.build(g, g.cast(scores, wide), lossInputs);
  // Their denominators have floors (losses/).
  assumeFinite(built.seed.cotangent);
  const options = { straightThrough: new Set(straightThrough) };
  const slopes = gradient(g, [built.seed], variables.map(copied.of), options);
  const remarks = remarksBetween(operators, model.nodes, variables, [scored], options);
  if (remarks.length > 0) warnings.push(`${describeBlocks(remarks)}.`);
  g.output('loss', built.loss);
  for (const { name } of model.outputs) g.output(name, copied.outputs[name]!);
  for (const [i, { name }] of variables.entries()) {
    const slope = slopes[i];
    if (!slope) throw new RobencError('unsupported', withoutGradient(outputName, name, remarks), { field: 'wrt' });
    g.output(gradients[name]!, slope);
  }
  const graph = g.build(`${model.name}_gradient`);
  const ordered = { ...graph, inputs: [...graph.inputs.filter((value) => !lossInputs.includes(value)), ...lossInputs] };
  return { graph: optimize(ordered, operators), gradients, warnings };
}

/** The model after the passes, which its gradient then profits from; as it is where constants or operators of its own are named, which passes may do away with. */
function leanModel(model: Graph, wrt: string | readonly string[], straightThrough: readonly string[]): Graph {
  const names = typeof wrt === 'string' ? [wrt] : wrt;
  return straightThrough.length > 0 || names.some((name) => constantNamed(model, name)) ? model : optimize(model, operators);
}

function withoutGradient(output: string, name: string, remarks: readonly Block[]): string {
  const between = remarks.length === 0 ? '' : ` Between them: ${describeBlocks(remarks)}.`;
  return `The output "${output}" does not depend on "${name}" through floats: there is no gradient.${between}`;
}

/** Inputs and constants by name, each once. Throws `usage` for a name that there is not, or of something that is not a float. */
function findVariables(model: Graph, wrt: string | readonly string[]): Value[] {
  const names = typeof wrt === 'string' ? [wrt] : wrt;
  if (names.length === 0) throw new RobencError('usage', 'Nothing is named to differentiate by. Name inputs or initializers with --wrt.', { field: 'wrt' });
  const values = names.map((name) => constantNamed(model, name) ?? findInput(model, name));
  for (const { name, type } of values)
    if (!isFloat(type.dtype))
      throw new RobencError('usage', `"${name}" is ${describeType(type)}: only floats have a gradient. Name others with --wrt.`, { field: 'wrt' });
  return [...new Set(values)];
}

/** A constant that the file names, where no input has that name. */
function constantNamed(model: Graph, name: string): Value | undefined {
  if (model.inputs.some((input) => input.name === name)) return undefined;
  for (const node of model.nodes) for (const input of node.inputs) if (input?.data && input.name === name) return input;
  return undefined;
}

/** The model input called `name`, or the only image-shaped one for `image`. */
export function findInput(model: Graph, name: string): Value {
  const exact = model.inputs.find((input) => input.name === name);
  if (exact) return exact;
  const images = model.inputs.filter((input) => input.type.shape.length === 4 && isFloat(input.type.dtype));
  if (name === 'image' && images.length === 1) return images[0]!;
  const list = model.inputs.map((input) => `"${input.name}" ${describeType(input.type)}`).join(', ');
  throw new RobencError('usage', `The model has no input "${name}", nor an initializer of that name. Its inputs are: ${list}. Name one with --wrt.`, {
    field: 'wrt',
  });
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
  const candidates = model.outputs.filter((output) => output.value.type.shape.length === 2 && isFloat(output.value.type.dtype));
  if (candidates.length === 1) return candidates[0]!;
  throw new RobencError('usage', `The model has several outputs: ${list}. Name the one to differentiate with --output.`, { field: 'output' });
}

/** Follows a value back through a final Softmax: losses of classes belong on the logits, and on probabilities their gradients vanish. */
export function beforeSoftmax(value: Value, warnings: string[]): Value {
  let node: Node | null = value.node;
  while (node && (node.op === 'Identity' || node.op === 'Cast')) node = node.inputs[0]?.node ?? null;
  const logits = node?.op === 'Softmax' ? node.inputs[0] : null;
  if (!logits) return value;
  warnings.push(`The output "${value.name}" is a Softmax: the loss is computed on the logits before it ("${logits.name}").`);
  return logits;
}

function isOnLogits({ inputs }: AttackLoss): boolean {
  return inputs.includes('label');
}

function unusedStraightThrough(model: Graph, names: readonly string[]): string[] {
  const used = new Set(model.nodes.map(({ op }) => op));
  for (const op of names)
    if (!used.has(op) && !operatorTable.has(op) && !isUpgraded(op, '')) {
      const meant = operatorTable.names.find((name) => name.toLowerCase() === op.toLowerCase());
      throw new RobencError('usage', `--straight-through ${op}: ONNX has no operator of that name.${meant ? ` Is ${meant} meant?` : ''}`, {
        field: 'straight-through',
      });
    }
  return names
    .filter((op) => !used.has(op))
    .map((op) => `The model has no operator ${op}, so taking it for a copy of its input (straight-through) changes nothing.`);
}

function refuseCollisions(model: Graph, reserved: readonly string[]): void {
  for (const { name } of [...model.inputs, ...model.outputs].filter((port) => reserved.includes(port.name)))
    throw new RobencError('usage', `The model already uses the name "${name}", which the gradient graph needs for itself. Rename it in the model first.`, {
      field: name,
    });
}
