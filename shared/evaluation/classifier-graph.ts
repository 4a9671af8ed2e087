/** @file Classifiers made of an encoder graph and a linear head: on the whole image, on crops of it, and on the image through its crops. */
import { RobencError } from '../errors.js';
import type { GraphBuilder } from '../graph/builder.js';
import { copyInto } from '../graph/copy.js';
import { multiply } from '../graph/dim.js';
import { describeType, floats, type Dim, type Graph, type Value } from '../graph/value.js';
import { newBuilder } from '../ops/index.js';
import type { LinearHead } from './linear-head.js';

/** What an encoder graph takes and gives: `input` [batch,channels,height,width] → `output` [batch,size]. */
export interface EncoderShape {
  readonly input: string;
  readonly output: string;
  readonly batch: Dim;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly size: number;
}

/** Reads the shape of an encoder. Throws `unsupported` when it is not one image input and one vector output of fixed sizes. */
export function encoderShape(encoder: Graph): EncoderShape {
  const [input, ...others] = encoder.inputs;
  const output = encoder.outputs.find(({ name }) => name === 'embedding') ?? encoder.outputs[0];
  const [batch, channels, height, width] = input?.type.shape ?? [];
  const size = output?.value.type.shape[1];
  if (
    !input ||
    !output ||
    others.length > 0 ||
    input.type.shape.length !== 4 ||
    typeof channels !== 'number' ||
    typeof height !== 'number' ||
    typeof width !== 'number' ||
    typeof size !== 'number' ||
    output.value.type.shape.length !== 2
  ) {
    const ports = [
      ...encoder.inputs.map(({ name, type }) => `${name} ${describeType(type)}`),
      '->',
      ...encoder.outputs.map(({ name, value }) => `${name} ${describeType(value.type)}`),
    ];
    throw new RobencError(
      'unsupported',
      `An encoder takes one image [batch,channels,height,width] and gives one embedding [batch,size]; this model has ${ports.join(' ')}.`,
    );
  }
  return { input: input.name, output: output.name, batch: batch!, channels, height, width, size };
}

/** `image` [batch,3,H,W] → `logits` of `head`, a graph from `embedding` to `logits` such as `headGraph` makes. */
export function classifierGraph(encoder: Graph, head: Graph): Graph {
  const shape = encoderShape(encoder);
  const g = newBuilder();
  const image = g.input('image', 'float32', [shape.batch, shape.channels, shape.height, shape.width]);
  const embedding = copyInto(g, encoder, { inputs: { [shape.input]: image } }).outputs[shape.output]!;
  g.output('logits', addHead(g, embedding, head));
  return g.build('classifier');
}

/** `embedding` [batch,size] → `logits` = embedding · weights + bias. */
export function headGraph(head: LinearHead): Graph {
  const g = newBuilder();
  const embedding = g.input('embedding', 'float32', ['batch', head.size]);
  const product = g.node('MatMul', [embedding, g.constant(floats(head.weights, [head.size, head.classes]), 'head.weight')]);
  g.output('logits', g.add(product, g.constant(floats(head.bias), 'head.bias')));
  return g.build('head');
}

/** Threat `crops`: `image` [batch,crops,3,S,S], every crop by itself → `logits` of the mean embedding. */
export function aggregateCropsGraph(encoder: Graph, head: Graph, crops: number): Graph {
  const shape = aggregatable(encoder);
  const g = newBuilder();
  const image = g.input('image', 'float32', ['batch', crops, shape.channels, shape.height, shape.width]);
  g.output('logits', addHead(g, meanEmbedding(g, encoder, image, crops), head));
  return g.build('aggregate_crops');
}

/**
 * Threat `image`: `image` [batch,3,H,W] and the matrices of its crops, `rows` Ay [batch,crops,S,H] and `columns` Ax [batch,crops,S,W];
 * crop = Ay · image · Axᵀ (bilinear, so its gradient is exact) → `logits` of the mean embedding.
 */
export function aggregateImageGraph(encoder: Graph, head: Graph, crops: number, source: { height: number; width: number }): Graph {
  const shape = aggregatable(encoder);
  const g = newBuilder();
  const image = g.input('image', 'float32', ['batch', shape.channels, source.height, source.width]);
  const rows = g.input('rows', 'float32', ['batch', crops, shape.height, source.height]);
  const columns = g.input('columns', 'float32', ['batch', crops, shape.width, source.width]);
  const spread = g.reshape(image, ['batch', 1, shape.channels, source.height, source.width]);
  const left = g.reshape(rows, ['batch', crops, 1, shape.height, source.height]);
  const right = g.reshape(g.transpose(columns, [0, 1, 3, 2]), ['batch', crops, 1, source.width, shape.width]);
  const cropped = g.node('MatMul', [g.node('MatMul', [left, spread]), right]);
  g.output('logits', addHead(g, meanEmbedding(g, encoder, cropped, crops), head));
  return g.build('aggregate_image');
}

/** The mean over crops of the embeddings of `images` [batch,crops,3,S,S]. */
function meanEmbedding(g: GraphBuilder, encoder: Graph, images: Value, crops: number): Value {
  const shape = encoderShape(encoder);
  const flat = g.reshape(images, [multiply(crops, 'batch'), shape.channels, shape.height, shape.width]);
  const embeddings = copyInto(g, encoder, { inputs: { [shape.input]: flat } }).outputs[shape.output]!;
  const grouped = g.reshape(embeddings, ['batch', crops, shape.size]);
  return g.node('ReduceMean', [grouped, g.ints([1])], { keepdims: 0 });
}

function addHead(g: GraphBuilder, embedding: Value, head: Graph): Value {
  const input = head.inputs.find(({ name }) => name === 'embedding');
  if (input?.type.shape[1] !== embedding.type.shape[1])
    throw new RobencError(
      'mismatch',
      `The head takes ${input ? describeType(input.type) : 'no embedding'}, but the encoder gives ${describeType(embedding.type)}. Fit a head on this encoder.`,
    );
  return copyInto(g, head, { inputs: { embedding } }).outputs['logits']!;
}

/** Aggregates need a free batch size, since they feed crops × batch images at once. */
function aggregatable(encoder: Graph): EncoderShape {
  const shape = encoderShape(encoder);
  if (typeof shape.batch === 'number')
    throw new RobencError('unsupported', `The encoder takes exactly ${shape.batch} images at a time; aggregates over crops need a free batch size.`);
  return shape;
}
