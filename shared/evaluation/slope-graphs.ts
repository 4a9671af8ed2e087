/** @file Encoders with the gradient of whatever stands behind them: on an image, and on one crop of it. */
import { gradient } from '../autodiff/vjp.js';
import { copyInto } from '../graph/copy.js';
import { optimize } from '../graph/passes/index.js';
import type { Graph } from '../graph/value.js';
import { newBuilder, operators } from '../ops/index.js';
import { encoderShape } from './classifier-graph.js';

/**
 * `image` [batch,3,H,W] and the matrices of one crop per row, `rows` Ay [batch,S,H] and `columns` Ax [batch,S,W] → `embedding` of the crop Ay · image · Axᵀ
 * (bilinear, so its gradient is exact).
 */
export function cropEncoderGraph(encoder: Graph, source: { height: number; width: number }): Graph {
  const shape = encoderShape(encoder);
  const g = newBuilder();
  const image = g.input('image', 'float32', ['batch', shape.channels, source.height, source.width]);
  const rows = g.input('rows', 'float32', ['batch', shape.height, source.height]);
  const columns = g.input('columns', 'float32', ['batch', shape.width, source.width]);
  const left = g.reshape(rows, ['batch', 1, shape.height, source.height]);
  const right = g.reshape(g.transpose(columns, [0, 2, 1]), ['batch', 1, source.width, shape.width]);
  const crop = g.node('MatMul', [g.node('MatMul', [left, image]), right]);
  g.output('embedding', copyInto(g, encoder, { inputs: { [shape.input]: crop } }).outputs[shape.output]!);
  return g.build('crop_encoder');
}

/** The inputs of the model and `cotangent` [batch,size] → `gradient`, that of Σ cotangent · embedding by the image. Throws `unsupported` naming every node in the way. */
export function slopeGraph(model: Graph): Graph {
  const lean = optimize(model, operators);
  const output = lean.outputs.find(({ name }) => name === 'embedding') ?? lean.outputs[0]!;
  const image = lean.inputs.find(({ name }) => name === 'image') ?? lean.inputs[0]!;
  const g = newBuilder();
  const cotangent = g.input('cotangent', 'float32', output.value.type.shape);
  const copied = copyInto(g, lean);
  const [slope] = gradient(g, [{ value: copied.of(output.value), cotangent }], [copied.of(image)]);
  g.output('gradient', slope!);
  return optimize(g.build('slope'), operators);
}
