/** @file Puts a model's preprocessing into its graph, so that attacks and radii live in pixels of [0,1]. */
import { beforeSoftmax, findOutput } from '../autodiff/differentiate.js';
import { RobencError } from '../errors.js';
import type { GraphBuilder } from '../graph/builder.js';
import { copyInto } from '../graph/copy.js';
import { describeType, floats, isFloat, type Dim, type Graph, type Value } from '../graph/value.js';
import type { Size } from '../images/resize.js';
import { newBuilder } from '../ops/index.js';

export type Layout = 'nchw' | 'nhwc';

/** What a model expects of its pixels: value = low + pixel · (high - low), then (value - mean) / std, one mean and std per channel. */
export interface Preprocessing {
  readonly layout: Layout;
  readonly range: readonly [number, number];
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** The image input of a third-party model. */
export interface ModelInput {
  readonly name: string;
  readonly text: string;
  readonly batch: Dim;
  readonly channels: 1 | 3;
  /** null where the model takes any size. */
  readonly size: Size | null;
}

/** Finds the image input. Throws `usage` naming --layout where the channels are not where the layout says, `unsupported` for models that are no image classifier. */
export function modelInput(model: Graph, layout: Layout): ModelInput {
  const [input, ...others] = model.inputs;
  if (input === undefined || others.length > 0 || input.type.shape.length !== 4 || !isFloat(input.type.dtype))
    throw new RobencError(
      'unsupported',
      `A model with one floating-point input of rank 4, the images, is needed. This one takes ${model.inputs.map(({ name, type }) => `${name} ${describeType(type)}`).join(', ')}.`,
    );
  const text = `${input.name} ${describeType(input.type)}`;
  const [batch, second, third, fourth] = input.type.shape as readonly [Dim, Dim, Dim, Dim];
  const [channels, height, width] = layout === 'nchw' ? [second, third, fourth] : [fourth, second, third];
  if (channels !== 1 && channels !== 3) {
    const [other, there] = layout === 'nchw' ? ['nhwc', fourth] : ['nchw', second];
    if (there === 1 || there === 3)
      throw new RobencError(
        'usage',
        `The input ${text} has ${channels} where --layout ${layout} has the channels, but ${there} where ${other} has them. Pass --layout ${other}.`,
        { field: 'layout' },
      );
    throw new RobencError('unsupported', `The input ${text} has ${channels} channels; 3 (RGB) or 1 (grey) are needed.`);
  }
  return { name: input.name, text, batch, channels, size: typeof height === 'number' && typeof width === 'number' ? { height, width } : null };
}

export interface Wrapped {
  /** `image` float32 [batch,3,H,W] in [0,1] → `logits` float32 [batch,classes]. */
  readonly graph: Graph;
  readonly classes: number;
  /** Name, type and shape of the model's own output. */
  readonly output: string;
  /** Whether a final Softmax was left out. */
  readonly softmaxRemoved: boolean;
}

/** The model's own input, computed from pixels. */
interface Pixels {
  readonly g: GraphBuilder;
  /** What goes into the model, by the name of its input. */
  readonly inputs: Readonly<Record<string, Value>>;
}

/** A new graph with `image` float32 [batch,3,H,W] in [0,1] and the preprocessing behind it. */
function fromPixels(model: Graph, input: ModelInput, size: Size, preprocessing: Preprocessing): Pixels {
  const g = newBuilder();
  const image = g.input('image', 'float32', [input.batch, 3, size.height, size.width]);
  const expected = model.inputs.find(({ name }) => name === input.name)!.type.dtype;
  return { g, inputs: { [input.name]: g.cast(prepare(g, image, input, preprocessing), expected) } };
}

/** The model with its preprocessing in front, and without a final Softmax behind. Throws `usage` naming --output, or `unsupported`. */
export function wrapModel(model: Graph, input: ModelInput, size: Size, preprocessing: Preprocessing, output: string | undefined): Wrapped {
  const { g, inputs } = fromPixels(model, input, size, preprocessing);
  const chosen = findOutput(model, output);
  const scores = copyInto(g, model, { inputs }).outputs[chosen.name]!;
  const notes: string[] = [];
  const logits = flat(g, beforeSoftmax(scores, notes));
  const classes = logits.type.shape[1];
  if (logits.type.shape.length !== 2 || typeof classes !== 'number' || classes < 2 || !isFloat(logits.type.dtype))
    throw new RobencError(
      'unsupported',
      `The output ${chosen.name} ${describeType(scores.type)} is no list of logits [batch,classes] for two or more classes. Name another with --output.`,
      { field: 'output' },
    );
  g.output('logits', g.cast(logits, 'float32'));
  return { graph: g.build(`${model.name}_pixels`), classes, output: `${chosen.name} ${describeType(scores.type)}`, softmaxRemoved: notes.length > 0 };
}

/** An encoder with its preprocessing in front. */
export interface WrappedEncoder {
  /** `image` float32 [batch,3,H,W] in [0,1] → `embedding` float32 [batch,size]. */
  readonly graph: Graph;
  /** Length of an embedding. */
  readonly size: number;
  /** Name, type and shape of the model's own output. */
  readonly output: string;
}

/** As `wrapModel`, for a model whose output is a vector or a map, which is flattened. Throws `usage` naming --output, or `unsupported`. */
export function wrapEncoder(model: Graph, input: ModelInput, size: Size, preprocessing: Preprocessing, output: string | undefined): WrappedEncoder {
  const { g, inputs } = fromPixels(model, input, size, preprocessing);
  const chosen = findOutput(model, output ?? (model.outputs.some(({ name }) => name === 'embedding') ? 'embedding' : undefined));
  const found = copyInto(g, model, { inputs }).outputs[chosen.name]!;
  const described = `${chosen.name} ${describeType(found.type)}`;
  const [batch, ...rest] = found.type.shape;
  if (rest.length === 0 || !rest.every((dim) => typeof dim === 'number') || !isFloat(found.type.dtype))
    throw new RobencError('unsupported', `The output ${described} is no list of embeddings [batch,size] of a fixed size. Name another with --output.`, {
      field: 'output',
    });
  const length = rest.reduce((product, dim) => product * dim, 1);
  g.output('embedding', g.cast(g.reshape(found, [batch!, length]), 'float32'));
  return { graph: g.build(`${model.name}_pixels`), size: length, output: described };
}

/** Weights of red, green and blue in a grey value (Rec. 601). They sum to 1, so a change of at most epsilon stays one. */
const GREY = [0.299, 0.587, 0.114];

function prepare(g: GraphBuilder, image: Value, { channels }: ModelInput, { layout, range, mean, std }: Preprocessing): Value {
  const perChannel = (values: readonly number[]): Value => g.constant(floats(values, [1, values.length, 1, 1]));
  const grey = channels === 1 ? g.sum(g.mul(image, perChannel(GREY)), [1], true) : image;
  // One multiplication and one addition: (low + pixel·(high - low) - mean) / std.
  const each = (values: readonly number[]) => Array.from({ length: channels }, (_, c) => values[c] ?? values[0]!);
  const [means, deviations] = [each(mean), each(std)];
  const scale = deviations.map((deviation) => (range[1] - range[0]) / deviation);
  const shift = means.map((value, c) => (range[0] - value) / deviations[c]!);
  const scaled = scale.every((value) => value === 1) ? grey : g.mul(grey, perChannel(scale));
  const shifted = shift.every((value) => value === 0) ? scaled : g.add(scaled, perChannel(shift));
  return layout === 'nhwc' ? g.transpose(shifted, [0, 2, 3, 1]) : shifted;
}

/** [batch,classes,1,1], as fully convolutional classifiers give it, as [batch,classes]. */
function flat(g: GraphBuilder, logits: Value): Value {
  const [batch, classes, ...rest] = logits.type.shape;
  return rest.length > 0 && rest.every((size) => size === 1) ? g.reshape(logits, [batch!, classes!]) : logits;
}
